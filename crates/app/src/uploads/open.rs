//! Opening an upload: its rows, and the addresses the client sends its bytes to.

use telecine_db::uploads::Upload;
use telecine_db::{objects, uploads, videos};
use telecine_model::{UploadId, UploadMode, UploadStatus, VideoId, key};
use telecine_storage::PresignedRequest;

use super::quota::check_quota;
use super::unannounced::arrives_unsaid;
use super::{Announcement, extend_until, find, source_record};
use crate::access::Owner;
use crate::jobs::{CheckUpload, ExpireUpload};
use crate::videos::delete_in;
use crate::{App, AppError};

/// An upload session and where its bytes go.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub upload: Upload,
    /// Where the whole file goes; `None` when it goes up in parts.
    pub put: Option<PresignedRequest>,
}

/// Opens an upload for the announced file, and the video it will become.
///
/// # Errors
/// [`AppError::Limited`] with `too_many_uploads` or `too_many_upload_bytes`; [`AppError::Store`] or [`AppError::Db`].
pub async fn open(app: &App, owner: &Owner, file: Announcement) -> Result<Opened, AppError> {
    let mode = UploadMode::for_size(file.size);
    let upload = open_in_mode(app, owner, file, mode).await?;
    let put = presigned_put(app, &upload)?;
    Ok(Opened { upload, put })
}

/// Opens an upload whose bytes travel in this way.
pub(super) async fn open_in_mode(
    app: &App,
    owner: &Owner,
    file: Announcement,
    mode: UploadMode,
) -> Result<Upload, AppError> {
    let now = app.clock.now();
    let mut upload = Upload {
        id: UploadId::generate(),
        video_id: VideoId::generate(),
        status: UploadStatus::Open,
        filename: file.filename,
        content_type: file.content_type,
        size: file.size,
        mode,
        storage_upload_id: None,
        created_at: now.as_millisecond(),
        expires_at: (now + app.uploads.idle_life()).as_millisecond(),
        sha256: file.sha256,
        owner: owner.token_hash().map(ToOwned::to_owned),
    };
    // The rows come first: whatever is cut off after them, the job that they bring removes what storage has of the upload.
    store_rows(app, owner, &upload, &file.title).await?;
    if matches!(mode, UploadMode::Multipart { .. } | UploadMode::FreeParts) {
        match open_in_storage(app, &upload).await {
            Ok(storage_upload_id) => upload.storage_upload_id = Some(storage_upload_id),
            Err(error) => {
                abandon(app, &upload).await;
                return Err(error);
            }
        }
    }
    Ok(upload)
}

/// Opens the multipart upload in storage.
async fn open_in_storage(app: &App, upload: &Upload) -> Result<String, AppError> {
    let source = key::source(upload.video_id);
    let storage_upload_id = app.store.create_multipart(&source, &upload.content_type).await?;
    let tx = app.db.begin().await?;
    uploads::set_storage_upload_id(&tx, upload.id, &storage_upload_id).await?;
    tx.commit().await?;
    Ok(storage_upload_id)
}

/// The session with a fresh address, which prolongs it; without one when the file goes up in parts or has arrived.
///
/// # Errors
/// [`AppError`].
pub async fn sign_again(app: &App, mut upload: Upload) -> Result<Opened, AppError> {
    let put = presigned_put(app, &upload)?;
    if put.is_none() {
        return Ok(Opened { upload, put });
    }
    let expires_at = (app.clock.now() + app.uploads.idle_life()).as_millisecond();
    if extend_until(app, upload.id, expires_at).await? {
        upload.expires_at = expires_at;
        return Ok(Opened { upload, put });
    }
    // It has been completed since it was looked at, or has expired.
    Ok(Opened { upload: find(app, upload.id).await?, put: None })
}

fn presigned_put(app: &App, upload: &Upload) -> Result<Option<PresignedRequest>, AppError> {
    if upload.mode != UploadMode::Put || upload.status != UploadStatus::Open {
        return Ok(None);
    }
    let source = key::source(upload.video_id);
    Ok(Some(app.store.presign_put(&source, &upload.content_type, upload.size, app.uploads.address_life())?))
}

async fn store_rows(app: &App, owner: &Owner, upload: &Upload, title: &str) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    check_quota(app, &tx, owner, upload.size).await?;
    videos::insert_pending(&tx, upload.video_id, title, upload.size, upload.created_at).await?;
    uploads::insert(&tx, upload).await?;
    // The client puts the object, so it is written down before the client is told where.
    objects::record(&tx, &source_record(upload, upload.size)).await?;
    let expire = ExpireUpload::of(upload.video_id);
    telecine_queue::add_at(&tx, &*app.clock, &expire, upload.expires_at).await?;
    if arrives_unsaid(upload) {
        let first_look = (app.clock.now() + CheckUpload::FIRST_WAIT).as_millisecond();
        telecine_queue::add_at(&tx, &*app.clock, &CheckUpload::of(upload), first_look).await?;
    }
    Ok(tx.commit().await?)
}

/// The client never learns of this upload, so its video goes at once; it would expire anyway.
async fn abandon(app: &App, upload: &Upload) {
    let abandoned = async {
        let tx = app.db.begin().await?;
        delete_in(app, &tx, upload.video_id).await?;
        Ok::<_, AppError>(tx.commit().await?)
    };
    if let Err(error) = abandoned.await {
        tracing::warn!(%error, upload.id = %upload.id, "an upload that storage did not open stays until it expires");
    }
}
