//! Opening an upload: its rows, and the addresses the client sends its bytes to.

use telecine_db::uploads::Upload;
use telecine_db::{objects, uploads, videos};
use telecine_model::{UploadId, UploadMode, UploadStatus, VideoId, key};
use telecine_storage::PresignedRequest;

use super::quota::check_quota;
use super::unannounced::arrives_unsaid;
use super::{Announcement, extend, source_record};
use crate::access::Owner;
use crate::jobs::{CheckUpload, ExpireUpload};
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
    let (id, video_id) = (UploadId::generate(), VideoId::generate());
    let source = key::source(video_id);
    let storage_upload_id = match mode {
        UploadMode::Put | UploadMode::Form => None,
        UploadMode::Multipart { .. } | UploadMode::FreeParts => {
            Some(app.store.create_multipart(&source, &file.content_type).await?)
        }
    };
    let now = app.clock.now();
    let upload = Upload {
        id,
        video_id,
        status: UploadStatus::Open,
        filename: file.filename,
        content_type: file.content_type,
        size: file.size,
        mode,
        storage_upload_id,
        created_at: now.as_millisecond(),
        expires_at: (now + app.uploads.idle_life()).as_millisecond(),
        sha256: file.sha256,
        owner: owner.token_hash().map(ToOwned::to_owned),
    };
    if let Err(error) = store_rows(app, owner, &upload, &file.title).await {
        abandon(app, &upload).await;
        return Err(error);
    }
    Ok(upload)
}

/// The session with a fresh address, which prolongs it; without one when the file goes up in parts or has arrived.
///
/// # Errors
/// [`AppError`].
pub async fn sign_again(app: &App, mut upload: Upload) -> Result<Opened, AppError> {
    let put = presigned_put(app, &upload)?;
    if put.is_some() {
        upload.expires_at = extend(app, upload.id).await?;
    }
    Ok(Opened { upload, put })
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

/// Without rows nobody would ever abort the multipart upload.
async fn abandon(app: &App, upload: &Upload) {
    let Some(storage_upload_id) = &upload.storage_upload_id else { return };
    if let Err(error) = app.store.abort_multipart(&key::source(upload.video_id), storage_upload_id).await {
        tracing::warn!(%error, "a multipart upload without rows could not be aborted");
    }
}
