//! `GET /api/v1/videos/{id}`.

use std::sync::Arc;

use axum::extract::State;
use telecine_app::{App, videos};
use telecine_model::VideoId;

use super::VideoBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// One video.
#[utoipa::path(get, path = "/api/v1/videos/{id}", params(("id" = String, Path)),
    responses((status = 200, body = VideoBody), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Id(id): Id<VideoId>,
) -> Result<Json<VideoBody>, Problem> {
    let video = videos::find(&app, id).await?;
    Ok(Json(VideoBody::new(&app, video).await))
}
