//! `GET /health`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use telecine_app::App;
use telecine_app::health::database_answers;
use utoipa::ToSchema;

use crate::extract::Json;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `healthy` or `unhealthy`.
    status: &'static str,
    /// The name of the worker in this process; null when its jobs run elsewhere.
    worker: Option<String>,
    /// The version of the program.
    version: &'static str,
    /// Seconds since the start.
    uptime: f64,
}

/// Says that the process is alive and its database answers.
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(crate) async fn summary(State(app): State<Arc<App>>) -> Response {
    let is_healthy = database_answers(&app).await;
    let health = Health {
        status: if is_healthy { "healthy" } else { "unhealthy" },
        worker: app.health.worker().map(str::to_owned),
        version: env!("CARGO_PKG_VERSION"),
        uptime: app.metrics.uptime_s(),
    };
    let status = if is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}
