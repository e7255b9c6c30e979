//! The parts of a multipart upload: which are there, and addresses for those that are not.

use telecine_db::uploads::Upload;
use telecine_model::limits::MAX_PART_URLS;
use telecine_model::{UploadId, UploadMode, UploadStatus, key};
use telecine_storage::{Part, PresignedRequest, StoreError};

use super::{extend, find_open};
use crate::{App, AppError};

/// The address of one part.
#[derive(Debug)]
pub struct SignedPart {
    /// From 1.
    pub number: u16,
    /// Where and how to send it.
    pub request: PresignedRequest,
}

/// The parts that are really in storage, by number. Empty for a single PUT and once the upload is complete.
///
/// # Errors
/// [`AppError::Store`].
pub async fn stored_parts(app: &App, upload: &Upload) -> Result<Vec<Part>, AppError> {
    let (UploadStatus::Open, Some(storage_upload_id)) = (upload.status, &upload.storage_upload_id) else {
        return Ok(Vec::new());
    };
    match app.store.list_parts(&key::source(upload.video_id), storage_upload_id).await {
        Ok(parts) => Ok(parts),
        // Completed in storage, but not yet here: `complete` finds the object.
        Err(StoreError::Gone { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Signs addresses for the numbered parts and prolongs the session.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_part_numbers`; [`AppError::Conflict`] with `not_multipart` or
/// `upload_complete`.
pub async fn sign_parts(app: &App, id: UploadId, numbers: &[i64]) -> Result<Vec<SignedPart>, AppError> {
    let upload = find_open(app, id).await?;
    let (UploadMode::Multipart { part_count, .. }, Some(storage_upload_id)) =
        (upload.mode, &upload.storage_upload_id)
    else {
        return Err(AppError::conflict("not_multipart", "this upload is one PUT; it has no parts"));
    };
    let numbers = check_numbers(numbers, part_count)?;
    extend(app, id).await?;
    let source = key::source(upload.video_id);
    let sign = |number: u16| {
        let length = upload.mode.part_len(number.into(), upload.size).unwrap_or_default();
        let life = app.uploads.address_life();
        let request = app.store.presign_part(&source, storage_upload_id, number, length, life)?;
        Ok(SignedPart { number, request })
    };
    numbers.into_iter().map(sign).collect()
}

pub(super) fn check_numbers(numbers: &[i64], part_count: u32) -> Result<Vec<u16>, AppError> {
    let is_part = |number: &i64| {
        u16::try_from(*number).ok().filter(|number| (1..=part_count).contains(&u32::from(*number)))
    };
    let checked: Option<Vec<u16>> = numbers.iter().map(is_part).collect();
    match checked {
        Some(numbers) if !numbers.is_empty() && numbers.len() <= MAX_PART_URLS => Ok(numbers),
        _ => Err(AppError::invalid(
            "invalid_part_numbers",
            format!("numbers must hold 1 to {MAX_PART_URLS} part numbers, each from 1 to {part_count}"),
        )),
    }
}
