//! Uploads whose size the client does not announce, as Uppy's: one form, or parts as the client cuts them. What the
//! limits say is checked against what has arrived.

use telecine_db::uploads::{self, Upload};
use telecine_db::videos;
use telecine_model::limits::{FREE_PART_MIN_BYTES, MAX_PART_BYTES, MAX_PARTS};
use telecine_model::{UploadMode, UploadStatus, key};
use telecine_storage::{ObjectInfo, Part, PresignedForm, PresignedRequest};

use super::announce::check_limit;
use super::open::open_in_mode;
use super::{Announcement, UploadsConfig, abort, find_open, quota, stored_parts};
use crate::access::Owner;
use crate::{App, AppError};

/// What has arrived is measured each time that so many addresses of parts have been signed.
const MEASURE_EVERY_PARTS: u32 = 64;

/// How a whole file of unknown size goes to storage in one request.
#[derive(Debug)]
pub enum WholeFile {
    /// A form whose policy bounds the file.
    Form(PresignedForm),
    /// A PUT, for storage that takes no forms.
    Put(PresignedRequest),
}

/// Opens an upload that comes as one form.
///
/// # Errors
/// [`AppError::Limited`]; [`AppError::Store`] or [`AppError::Db`].
pub async fn open_form(
    app: &App,
    owner: &Owner,
    file: Announcement,
) -> Result<(Upload, WholeFile), AppError> {
    let upload = open_in_mode(app, owner, file, UploadMode::Form).await?;
    let (source, kind) = (key::source(upload.video_id), &upload.content_type);
    let whole = if app.store.takes_forms() {
        let max_bytes = app.uploads.max_size_bytes;
        WholeFile::Form(app.store.presign_form(&source, kind, max_bytes, app.uploads.address_life())?)
    } else {
        WholeFile::Put(app.store.presign_free_put(&source, kind, app.uploads.address_life())?)
    };
    Ok((upload, whole))
}

/// Opens an upload that comes in parts as the client cuts them.
///
/// # Errors
/// [`AppError::Limited`]; [`AppError::Store`] or [`AppError::Db`].
pub async fn open_free_parts(app: &App, owner: &Owner, file: Announcement) -> Result<Upload, AppError> {
    open_in_mode(app, owner, file, UploadMode::FreeParts).await
}

/// Signs addresses for the numbered parts, whatever their sizes, and prolongs the session.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_part_numbers` or `upload_too_large`; [`AppError::Limited`] with
/// `too_many_upload_bytes`; [`AppError::Conflict`] with `not_multipart` or `upload_complete`.
pub async fn sign_free_parts(
    app: &App,
    upload: &Upload,
    numbers: &[i64],
) -> Result<Vec<(u16, PresignedRequest)>, AppError> {
    let upload = find_open(app, upload.id).await?;
    let (UploadMode::FreeParts, Some(storage_upload_id)) = (upload.mode, &upload.storage_upload_id) else {
        return Err(AppError::conflict("not_multipart", "this upload has no parts of free size"));
    };
    let numbers = super::parts::check_numbers(numbers, MAX_PARTS)?;
    note_signed(app, &upload, u32::try_from(numbers.len()).unwrap_or(MAX_PARTS)).await?;
    let source = key::source(upload.video_id);
    let sign = |number| {
        let life = app.uploads.address_life();
        let part = app.store.presign_free_part(&source, storage_upload_id, number, life)?;
        Ok((number, part))
    };
    numbers.into_iter().map(sign).collect()
}

/// Prolongs the session, and now and then measures what has arrived: a client that never completes would else store what
/// it likes.
async fn note_signed(app: &App, upload: &Upload, parts: u32) -> Result<(), AppError> {
    let expires_at = (app.clock.now() + app.uploads.idle_life()).as_millisecond();
    let tx = app.db.begin().await?;
    let signed = uploads::extend_signed(&tx, upload.id, expires_at, parts).await?;
    tx.commit().await?;
    let Some(signed) = signed else {
        return Err(find_open(app, upload.id).await.err().unwrap_or(AppError::UploadExpired));
    };
    let every = measured_every(&app.uploads);
    if signed / every == signed.saturating_sub(parts) / every {
        return Ok(());
    }
    let stored = stored_parts(app, upload).await?;
    let size = stored.iter().map(|part| part.size).fold(0, u64::saturating_add);
    keep_within_limits(app, upload, size).await
}

/// Addresses between two measurements: fewer than would bring more than a file may have, because a part has any size.
fn measured_every(limits: &UploadsConfig) -> u32 {
    let parts = limits.max_size_bytes / MAX_PART_BYTES;
    u32::try_from(parts).unwrap_or(MEASURE_EVERY_PARTS).clamp(1, MEASURE_EVERY_PARTS)
}

/// Refuses parts that make no file within the limits: parts that storage does not join, too many bytes. What is too large
/// is given up: nobody can make it smaller.
pub(super) async fn check_free_parts(app: &App, upload: &Upload, stored: &[Part]) -> Result<(), AppError> {
    let Some((last, others)) = stored.split_last() else { return Ok(()) };
    if let Some(small) = others.iter().find(|part| part.size < FREE_PART_MIN_BYTES) {
        let message = format!(
            "part {} has {} bytes; every part but the last needs {FREE_PART_MIN_BYTES}: open a new upload with larger parts",
            small.number, small.size
        );
        return Err(AppError::conflict("part_too_small", message));
    }
    let size = others.iter().map(|part| part.size).fold(last.size, u64::saturating_add);
    match check_limit(&app.uploads, size) {
        Ok(_) => Ok(()),
        Err(refusal) => give_up(app, upload, size, refusal).await,
    }
}

/// The session with the size that has arrived, if the limits allow it. What is too large is given up: nobody can make
/// it smaller.
pub(super) async fn measured(app: &App, upload: Upload, object: &ObjectInfo) -> Result<Upload, AppError> {
    if upload.mode.is_announced() {
        return Ok(upload);
    }
    if object.size == 0 {
        let empty = AppError::invalid("empty_file", "the file is empty; choose the file again");
        return give_up(app, &upload, 0, empty).await;
    }
    keep_within_limits(app, &upload, object.size).await?;
    Ok(Upload { size: object.size, ..upload })
}

/// Notes how much has arrived. What is larger than any file may be is given up; what is only too much beside the owner's
/// other uploads stays, and fits once some of them are done.
pub(super) async fn keep_within_limits(app: &App, upload: &Upload, size: u64) -> Result<(), AppError> {
    match note_size(app, upload, size).await {
        Err(refusal @ AppError::Invalid { .. }) => give_up(app, upload, size, refusal).await,
        noted => noted,
    }
}

/// Removes what is beyond the limits, and gives the refusal.
async fn give_up<T>(app: &App, upload: &Upload, size: u64, refusal: AppError) -> Result<T, AppError> {
    tracing::info!(video.id = %upload.video_id, bytes = size, "an upload beyond the limits is removed");
    abort(app, upload.id).await?;
    Err(refusal)
}

async fn note_size(app: &App, upload: &Upload, size: u64) -> Result<(), AppError> {
    check_limit(&app.uploads, size)?;
    let tx = app.db.begin().await?;
    quota::check_bytes(app, &tx, upload, size).await?;
    uploads::set_size(&tx, upload.id, size).await?;
    videos::set_source_size(&tx, upload.video_id, size).await?;
    Ok(tx.commit().await?)
}

/// Whether bytes of this session may still arrive without anybody telling.
pub(crate) fn arrives_unsaid(upload: &Upload) -> bool {
    upload.mode == UploadMode::Form && upload.status == UploadStatus::Open
}
