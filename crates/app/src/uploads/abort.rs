//! Giving up an upload.

use telecine_db::uploads as rows;
use telecine_model::UploadId;

use super::{ALREADY_COMPLETE, find_open};
use crate::{App, AppError, videos};

/// Gives the upload up: its video goes, and a job removes what has arrived.
///
/// # Errors
/// [`AppError::Conflict`] with `upload_complete` when the bytes are already being processed.
pub async fn abort(app: &App, id: UploadId) -> Result<(), AppError> {
    let upload = find_open(app, id).await?;
    let tx = app.db.begin().await?;
    // Between the look above and this transaction somebody may have completed it.
    if !rows::is_open(&tx, id).await? {
        return Err(AppError::conflict("upload_complete", ALREADY_COMPLETE));
    }
    videos::delete_in(app, &tx, upload.video_id).await?;
    Ok(tx.commit().await?)
}
