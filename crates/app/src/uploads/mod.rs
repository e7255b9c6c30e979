//! Uploads: opened here, sent by the client straight to storage, and handed to processing once they have arrived.

mod abort;
mod announce;
mod arrive;
mod complete;
mod open;
mod parts;

pub use abort::abort;
pub use announce::Announcement;
pub(crate) use announce::check_title;
pub use complete::{CompletedPart, complete};
pub use open::{Opened, open, presigned_put};
pub use parts::{SignedPart, sign_parts, stored_parts};

use telecine_db::uploads::Upload;
use telecine_model::{UploadId, UploadStatus};

use crate::{App, AppError};

/// The upload session with this id.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find(app: &App, id: UploadId) -> Result<Upload, AppError> {
    telecine_db::uploads::find(app.db.read(), id).await?.ok_or(AppError::NotFound { what: "upload" })
}

/// The session, if bytes may still be sent.
async fn find_open(app: &App, id: UploadId) -> Result<Upload, AppError> {
    let upload = find(app, id).await?;
    match upload.status {
        UploadStatus::Open => Ok(upload),
        UploadStatus::Stored => Err(AppError::conflict(
            "upload_complete",
            "the upload is complete; to remove it, delete its video",
        )),
    }
}
