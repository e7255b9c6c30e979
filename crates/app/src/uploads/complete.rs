//! Completing an upload: what is in storage is compared with what was announced; nothing is lost when it differs.

use std::collections::{BTreeMap, BTreeSet};

use telecine_db::uploads::Upload;
use telecine_model::{UploadId, UploadMode, UploadStatus, VideoStatus, key};
use telecine_storage::{ObjectInfo, Part, StoreError};

use super::arrive::object_arrived;
use super::find;
use super::unannounced::{check_free_parts, measured};
use crate::{App, AppError, videos};

/// At most so many missing parts are named in the answer.
const NAMED_PARTS: usize = 20;

/// A part as the client remembers it.
#[derive(Debug, Clone)]
pub struct CompletedPart {
    /// From 1.
    pub number: i64,
    /// As storage answered, with or without quotes.
    pub etag: String,
}

/// Completes the upload and starts processing. Completing it again gives the same answer.
///
/// # Errors
/// [`AppError::Conflict`] with `object_missing`, `parts_missing`, `part_mismatch` or `size_mismatch`; the upload stays
/// open and what has arrived stays in storage.
pub async fn complete(
    app: &App,
    id: UploadId,
    announced: Option<&[CompletedPart]>,
) -> Result<(Upload, VideoStatus), AppError> {
    let upload = find(app, id).await?;
    if upload.status == UploadStatus::Open {
        if let Some(storage_upload_id) = &upload.storage_upload_id {
            join_parts(app, &upload, storage_upload_id, announced).await?;
        }
        let object = arrived_object(app, &upload).await?;
        let upload = measured(app, upload.clone(), &object).await?;
        object_arrived(app, &upload, &object).await?;
    }
    let video = videos::find(app, upload.video_id).await?;
    Ok((upload, video.status))
}

/// Makes one object of the parts, unless an earlier call has already done so.
async fn join_parts(
    app: &App,
    upload: &Upload,
    storage_upload_id: &str,
    announced: Option<&[CompletedPart]>,
) -> Result<(), AppError> {
    let source = key::source(upload.video_id);
    let stored = match app.store.list_parts(&source, storage_upload_id).await {
        Ok(stored) => stored,
        Err(StoreError::Gone { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    match upload.mode {
        UploadMode::FreeParts => check_free_parts(app, upload, &stored).await?,
        _ => check_parts(upload, &stored)?,
    }
    if let Some(announced) = announced {
        check_announced(announced, &stored)?;
    }
    let etags: Vec<(u16, String)> = stored.into_iter().map(|part| (part.number, part.etag)).collect();
    match app.store.complete_multipart(&source, storage_upload_id, &etags).await {
        Ok(_) | Err(StoreError::Gone { .. }) => Ok(()),
        Err(StoreError::InvalidPart { .. }) => Err(AppError::conflict(
            "part_mismatch",
            "a part changed while the upload was being completed; complete it again",
        )),
        Err(error) => Err(error.into()),
    }
}

fn check_parts(upload: &Upload, stored: &[Part]) -> Result<(), AppError> {
    let UploadMode::Multipart { part_count, .. } = upload.mode else { return Ok(()) };
    let there: BTreeSet<u32> = stored.iter().map(|part| part.number.into()).collect();
    let missing: Vec<u32> = (1..=part_count).filter(|number| !there.contains(number)).collect();
    if !missing.is_empty() {
        let named: Vec<String> = missing.iter().take(NAMED_PARTS).map(ToString::to_string).collect();
        let dots = if missing.len() > NAMED_PARTS { ", …" } else { "" };
        let message = format!(
            "{} parts are missing: {}{dots}; send them and complete again",
            missing.len(),
            named.join(", ")
        );
        return Err(AppError::conflict("parts_missing", message));
    }
    for part in stored {
        let expected = upload.mode.part_len(part.number.into(), upload.size);
        if expected != Some(part.size) {
            let message = match expected {
                Some(expected) => format!(
                    "part {} has {} bytes instead of {expected}; send it again",
                    part.number, part.size
                ),
                None => format!(
                    "part {} does not belong to this upload, which has {part_count} parts",
                    part.number
                ),
            };
            return Err(AppError::conflict("part_mismatch", message));
        }
    }
    Ok(())
}

fn check_announced(announced: &[CompletedPart], stored: &[Part]) -> Result<(), AppError> {
    let etags: BTreeMap<i64, &str> =
        announced.iter().map(|part| (part.number, part.etag.trim_matches('"'))).collect();
    let agrees = |part: &Part| etags.get(&part.number.into()) == Some(&part.etag.trim_matches('"'));
    match stored.iter().find(|part| !agrees(part)) {
        Some(part) => Err(AppError::conflict(
            "part_mismatch",
            format!(
                "part {} in storage is not the one in the request; send it again or leave parts out",
                part.number
            ),
        )),
        None if announced.len() != stored.len() => {
            Err(AppError::conflict("part_mismatch", "the request names parts that this upload does not have"))
        }
        None => Ok(()),
    }
}

async fn arrived_object(app: &App, upload: &Upload) -> Result<ObjectInfo, AppError> {
    let Some(object) = app.store.head(&key::source(upload.video_id)).await? else {
        return Err(AppError::conflict("object_missing", missing(upload.mode)));
    };
    if upload.mode.is_announced() && object.size != upload.size {
        let message = format!(
            "{} bytes have arrived instead of the announced {}; {}",
            object.size,
            upload.size,
            again(upload.mode)
        );
        return Err(AppError::conflict("size_mismatch", message));
    }
    Ok(object)
}

/// Parts that were not joined are only missed when storage has dropped them, as buckets do with old ones.
fn missing(mode: UploadMode) -> String {
    let what = match mode {
        UploadMode::Put | UploadMode::Form => "no bytes have arrived in storage",
        UploadMode::Multipart { .. } | UploadMode::FreeParts => {
            "storage no longer has the parts of this upload"
        }
    };
    format!("{what}; {}", again(mode))
}

/// A PUT or a form can be repeated; parts that have been joined or dropped cannot.
fn again(mode: UploadMode) -> &'static str {
    match mode {
        UploadMode::Put | UploadMode::Form => "send the file and complete again",
        UploadMode::Multipart { .. } | UploadMode::FreeParts => "open a new upload",
    }
}
