//! `DELETE /api/v1/videos/{id}/watermark`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, watermarks};
use telecine_model::VideoId;

use crate::extract::Id;
use crate::problem::Problem;

/// Takes the watermark away that a video has of its own. What is drawn on it already stays until it is processed again.
#[utoipa::path(delete, path = "/api/v1/videos/{id}/watermark", params(("id" = String, Path)),
    responses((status = 204, description = "deleted"), (status = "4XX", body = Problem)))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Id(video): Id<VideoId>,
) -> Result<StatusCode, Problem> {
    watermarks::delete(&app, video).await?;
    Ok(StatusCode::NO_CONTENT)
}
