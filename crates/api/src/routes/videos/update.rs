//! `PATCH /api/v1/videos/{id}`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use telecine_app::{App, videos};
use telecine_model::VideoId;
use utoipa::ToSchema;

use super::VideoBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VideoChange {
    /// 1 to 200 characters.
    title: String,
}

/// Gives the video another title.
#[utoipa::path(patch, path = "/api/v1/videos/{id}", params(("id" = String, Path)), request_body = VideoChange,
    responses((status = 200, body = VideoBody), (status = "4XX", body = Problem)))]
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id<VideoId>,
    Json(change): Json<VideoChange>,
) -> Result<Json<VideoBody>, Problem> {
    let video = videos::rename(&app, id, &change.title).await?;
    Ok(Json(VideoBody::new(&app, video).await))
}
