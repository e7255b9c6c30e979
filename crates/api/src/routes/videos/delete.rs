//! `DELETE /api/v1/videos/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, videos};
use telecine_model::VideoId;

use crate::extract::Id;
use crate::problem::Problem;

/// Deletes the video. It is gone at once; a job removes its objects and rows.
#[utoipa::path(delete, path = "/api/v1/videos/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "deleted"), (status = 404, body = Problem)))]
pub(crate) async fn delete(State(app): State<Arc<App>>, Id(id): Id<VideoId>) -> Result<StatusCode, Problem> {
    videos::delete(&app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
