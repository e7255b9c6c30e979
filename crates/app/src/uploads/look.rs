//! Looking whether a file is in storage, when nobody or only a hint says so.

use telecine_db::uploads::Upload;
use telecine_model::{UploadStatus, key};

use super::arrive::object_arrived;
use super::unannounced::measured;
use crate::{App, AppError};

/// Whether the whole file has arrived; if so, processing has been started, now or before. Parts are not joined: only
/// the client knows that it has sent all of them.
///
/// # Errors
/// [`AppError::Invalid`] or [`AppError::Limited`] when what has arrived is beyond the limits, and is removed;
/// [`AppError::Store`] or [`AppError::Db`].
pub async fn look(app: &App, upload: &Upload) -> Result<bool, AppError> {
    match upload.status {
        UploadStatus::Stored => return Ok(true),
        UploadStatus::Expired => return Ok(false),
        UploadStatus::Open => {}
    }
    let Some(object) = app.store.head(&key::source(upload.video_id)).await? else { return Ok(false) };
    if upload.mode.is_announced() && object.size != upload.size {
        return Ok(false);
    }
    let upload = measured(app, upload.clone(), &object).await?;
    object_arrived(app, &upload, &object).await?;
    Ok(true)
}
