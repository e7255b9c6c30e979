//! `POST /api/v1/videos/{id}/reprocess`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde_json::{Map, Value};
use telecine_app::{App, videos};
use telecine_model::VideoId;

use super::VideoBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// Processes the video again, beside what viewers have, and switches when the new outputs are verified. The body says what it
/// is to become, as jobs do: `qualities` and `options`; `{}` for everything.
#[utoipa::path(post, path = "/api/v1/videos/{id}/reprocess", params(("id" = String, Path)), request_body = Value,
    responses((status = 202, body = VideoBody), (status = "4XX", body = Problem)))]
pub(crate) async fn reprocess(
    State(app): State<Arc<App>>,
    Id(id): Id<VideoId>,
    Json(asked): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<VideoBody>), Problem> {
    let video = videos::reprocess(&app, id, asked).await?;
    Ok((StatusCode::ACCEPTED, Json(VideoBody::new(&app, video).await)))
}
