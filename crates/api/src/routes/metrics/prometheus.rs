//! `GET /metrics/prometheus`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use telecine_app::{App, AppError};
use telecine_metrics::Text;

use super::queues;
use crate::problem::Problem;

/// The numbers of this process in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics/prometheus",
    responses((status = 200, body = String, content_type = "text/plain"), (status = 401, body = Problem)))]
pub(crate) async fn prometheus(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    text(&app).await
}

/// The answer as text.
pub(super) async fn text(app: &App) -> Result<Response, Problem> {
    let mut text = Text::default();
    app.metrics.write(&mut text);
    queues::write(&app.queues.overview().await.map_err(AppError::from)?, &mut text);
    let headers = [(header::CONTENT_TYPE, Text::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text.into_string()).into_response())
}
