//! `GET /api/v1/uploads/{id}/status`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::{App, AppError, uploads, videos};
use telecine_model::{UploadId, UploadStatus};
use utoipa::ToSchema;

use super::time;
use crate::extract::{Id, Json};
use crate::problem::Problem;
use crate::routes::videos::FailureBody;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadStatusBody {
    id: String,
    /// Of the upload: `open` or `stored`.
    status: &'static str,
    video_id: String,
    /// Of the video: `pending_upload`, `processing`, `ready` or `failed`.
    video_status: &'static str,
    /// Of the processing, 0 to 1.
    progress: f64,
    playable: bool,
    failure: Option<FailureBody>,
    expires_at: String,
}

/// How far the upload and the processing of its video are.
#[utoipa::path(get, path = "/api/v1/uploads/{id}/status", params(("id" = String, Path)),
    responses((status = 200, body = UploadStatusBody), (status = 404, body = Problem), (status = 410, body = Problem)))]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    Id(id): Id<UploadId>,
) -> Result<Json<UploadStatusBody>, Problem> {
    let upload = uploads::find_looking(&app, id).await?;
    if upload.status == UploadStatus::Expired {
        return Err(AppError::UploadExpired.into());
    }
    let video = videos::find(&app, upload.video_id).await?;
    Ok(Json(UploadStatusBody {
        id: upload.id.to_string(),
        status: upload.status.as_str(),
        video_id: video.id.to_string(),
        video_status: video.status.as_str(),
        progress: video.progress,
        playable: video.playable,
        failure: video.failure.map(FailureBody::from),
        expires_at: time(upload.expires_at),
    }))
}
