//! `GET /api/v1/videos/{id}/captions/{lang}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use telecine_app::{App, captions};

use super::OfLanguage;
use crate::problem::Problem;

/// The captions of a video in one language, as the WebVTT file that viewers get.
#[utoipa::path(get, path = "/api/v1/videos/{id}/captions/{lang}",
    params(("id" = String, Path), ("lang" = String, Path, description = "language tag (BCP 47)")),
    responses((status = 200, body = String, content_type = "text/vtt"), (status = "4XX", body = Problem)))]
pub(crate) async fn read(State(app): State<Arc<App>>, of: OfLanguage) -> Result<Response, Problem> {
    let file = captions::read(&app, of.video, &of.language).await?;
    let headers = [(header::CONTENT_TYPE, "text/vtt; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, file).into_response())
}
