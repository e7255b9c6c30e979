//! Uploads: opened here, sent by the client straight to storage, and handed to processing once they have arrived.

mod abort;
mod announce;
mod arrive;
mod complete;
mod config;
mod look;
mod media_type;
mod open;
mod parts;
mod quota;
mod unannounced;

pub use abort::abort;
pub use announce::Announcement;
pub(crate) use announce::check_title;
pub use complete::{CompletedPart, complete};
pub(crate) use complete::{Completion, complete_if_arrived};
pub use config::UploadsConfig;
pub use look::look;
pub use open::{Opened, open, sign_again};
pub use parts::{SignedPart, sign_parts, stored_parts};
pub(crate) use unannounced::arrives_unsaid;
pub use unannounced::{WholeFile, open_form, open_free_parts, sign_free_parts};

use telecine_db::DbError;
use telecine_db::objects::Object;
use telecine_db::uploads::Upload;
use telecine_model::{UploadId, UploadStatus, key};

use crate::access::Owner;
use crate::{App, AppError};

const ALREADY_COMPLETE: &str = "the upload is complete; to remove it, delete its video";

/// The session with this id, after a look into storage when nobody would tell that its bytes have arrived.
///
/// # Errors
/// [`AppError::NotFound`], also when what has arrived was beyond the limits; [`AppError::Store`].
pub async fn find_looking(app: &App, id: UploadId) -> Result<Upload, AppError> {
    let upload = find(app, id).await?;
    if !arrives_unsaid(&upload) {
        return Ok(upload);
    }
    match look(app, &upload).await {
        Ok(false) => Ok(upload),
        Ok(true) | Err(AppError::Invalid { .. } | AppError::Limited { .. }) => find(app, id).await,
        Err(error) => Err(error),
    }
}

/// The upload session with this id; it goes with its video, but one that has expired is remembered for some days.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find(app: &App, id: UploadId) -> Result<Upload, AppError> {
    let not_found = || AppError::NotFound { what: "upload" };
    let read = async || telecine_db::uploads::find(app.db.read(), id).await?.ok_or_else(not_found);
    let upload = read().await?;
    if upload.status == UploadStatus::Expired
        || telecine_db::videos::find(app.db.read(), upload.video_id).await?.is_some()
    {
        return Ok(upload);
    }
    // It may have expired between the two looks, and its video with it.
    let upload = read().await?;
    if upload.status == UploadStatus::Expired { Ok(upload) } else { Err(not_found()) }
}

/// The owner's session with this id.
///
/// # Errors
/// [`AppError::NotFound`], also when it is somebody else's.
pub async fn find_of_owner(app: &App, owner: &Owner, id: UploadId) -> Result<Upload, AppError> {
    let upload = find(app, id).await?;
    let is_theirs = upload.owner.as_deref() == owner.token_hash();
    if is_theirs { Ok(upload) } else { Err(AppError::NotFound { what: "upload" }) }
}

/// The session, if bytes may still be sent.
async fn find_open(app: &App, id: UploadId) -> Result<Upload, AppError> {
    let upload = find(app, id).await?;
    match upload.status {
        UploadStatus::Open => Ok(upload),
        UploadStatus::Stored => Err(AppError::conflict("upload_complete", ALREADY_COMPLETE)),
        UploadStatus::Expired => Err(AppError::UploadExpired),
    }
}

/// The ledger's line for the file that an upload brings, of `size` bytes.
fn source_record(upload: &Upload, size: u64) -> Object {
    Object {
        key: key::source(upload.video_id),
        owner: upload.video_id.into(),
        generation: 0,
        size,
        checksum: upload.sha256.clone(),
        created_at: upload.created_at,
    }
}

/// Moves the end of an idle session and gives the new one: addresses that are signed now live as long as it, or an hour.
async fn extend(app: &App, id: UploadId) -> Result<i64, AppError> {
    let expires_at = (app.clock.now() + app.uploads.idle_life()).as_millisecond();
    match extend_until(app, id, expires_at).await? {
        true => Ok(expires_at),
        false => Err(find_open(app, id).await.err().unwrap_or(AppError::UploadExpired)),
    }
}

/// Moves the end of an idle session; `false` when it is no longer open.
pub(crate) async fn extend_until(app: &App, id: UploadId, expires_at: i64) -> Result<bool, DbError> {
    let tx = app.db.begin().await?;
    let is_open = telecine_db::uploads::extend(&tx, id, expires_at).await?;
    tx.commit().await?;
    Ok(is_open)
}
