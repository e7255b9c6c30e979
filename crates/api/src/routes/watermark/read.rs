//! `GET /api/v1/videos/{id}/watermark`.

use std::sync::Arc;

use axum::extract::State;
use telecine_app::{App, watermarks};
use telecine_model::VideoId;

use super::WatermarkBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// The watermark that a video has of its own, as the next processing draws it.
#[utoipa::path(get, path = "/api/v1/videos/{id}/watermark", params(("id" = String, Path)),
    responses((status = 200, body = WatermarkBody), (status = "4XX", body = Problem)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Id(video): Id<VideoId>,
) -> Result<Json<WatermarkBody>, Problem> {
    Ok(Json(watermarks::find(&app, video).await?.into()))
}
