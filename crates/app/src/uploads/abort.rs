//! Giving up an upload.

use telecine_model::UploadId;

use super::find_open;
use crate::{App, AppError, videos};

/// Gives the upload up: its video goes, and a job removes what has arrived.
///
/// # Errors
/// [`AppError::Conflict`] with `upload_complete` when the bytes are already being processed.
pub async fn abort(app: &App, id: UploadId) -> Result<(), AppError> {
    let upload = find_open(app, id).await?;
    videos::delete(app, upload.video_id).await
}
