//! Completing an upload: what is in storage is compared with what was announced; nothing is lost when it differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use telecine_db::uploads::Upload;
use telecine_model::limits::MAX_PARTS;
use telecine_model::{UploadId, UploadMode, UploadStatus, VideoStatus, key};
use telecine_storage::{ObjectInfo, Part, StoreError};

use super::arrive::object_arrived;
use super::unannounced::{check_free_parts, keep_within_limits, measured};
use super::{find, look, stored_parts};
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

/// What has become of an upload that nobody has completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completion {
    /// It is complete now.
    Complete,
    /// Parts have arrived lately: it rests until this time, in milliseconds since 1970.
    ActiveUntil(i64),
    /// Something is missing, and nothing has arrived for long.
    Incomplete,
}

/// Completes the upload and starts processing. Completing it again gives the same answer.
///
/// # Errors
/// [`AppError::Conflict`] with `object_missing`, `parts_missing`, `part_mismatch` or `size_mismatch`; the upload stays
/// open and what has arrived stays in storage. [`AppError::UploadExpired`].
pub async fn complete(
    app: &Arc<App>,
    id: UploadId,
    announced: Option<Vec<CompletedPart>>,
) -> Result<(Upload, VideoStatus), AppError> {
    let of_task = Arc::clone(app);
    // A task of its own: storage joins a large file for minutes, longer than a request or a client's patience lasts.
    let completing =
        app.tasks.spawn(async move { complete_now(&of_task, id, announced.as_deref()).await }).await;
    completing.unwrap_or_else(|ended| match ended.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(AppError::StorageUnavailable),
    })
}

/// Completes the upload if all of it has arrived.
pub(crate) async fn complete_if_arrived(app: &App, upload: &Upload) -> Result<Completion, AppError> {
    let is_complete = match upload.mode {
        // Only the client knows which of these parts is the last one.
        UploadMode::FreeParts => look(app, upload).await,
        _ => complete_now(app, upload.id, None).await.map(|_| true),
    };
    match is_complete {
        Ok(false) | Err(AppError::Conflict { .. } | AppError::Limited { .. }) => {
            rested_until(app, upload).await
        }
        // Completed or given up by somebody else, or removed for being too large.
        Ok(true) | Err(AppError::UploadExpired | AppError::NotFound { .. } | AppError::Invalid { .. }) => {
            Ok(Completion::Complete)
        }
        Err(error) => Err(error),
    }
}

/// Parts go straight to storage, so it alone knows when the last one has arrived.
async fn rested_until(app: &App, upload: &Upload) -> Result<Completion, AppError> {
    let stored = stored_parts(app, upload).await?;
    if upload.mode == UploadMode::FreeParts {
        let size = stored.iter().map(|part| part.size).fold(0, u64::saturating_add);
        match keep_within_limits(app, upload, size).await {
            Err(AppError::Invalid { .. }) => return Ok(Completion::Complete),
            Err(AppError::Limited { .. }) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    let last = stored.into_iter().filter_map(|part| part.modified).max();
    Ok(match last.map(|last| last + app.uploads.idle_life()) {
        Some(until) if until > app.clock.now() => Completion::ActiveUntil(until.as_millisecond()),
        _ => Completion::Incomplete,
    })
}

async fn complete_now(
    app: &App,
    id: UploadId,
    announced: Option<&[CompletedPart]>,
) -> Result<(Upload, VideoStatus), AppError> {
    let mut upload = find(app, id).await?;
    if upload.status == UploadStatus::Open {
        if let Some(storage_upload_id) = &upload.storage_upload_id {
            join_parts(app, &upload, storage_upload_id, announced).await?;
        }
        let object = arrived_object(app, &upload).await?;
        let arrived = measured(app, upload, &object).await?;
        object_arrived(app, &arrived, &object).await?;
        upload = find(app, id).await?;
    }
    if upload.status == UploadStatus::Expired {
        return Err(AppError::UploadExpired);
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
    let list = async || match app.store.list_parts(&source, storage_upload_id).await {
        Ok(stored) => Ok(Some(stored)),
        Err(StoreError::Gone { .. }) => Ok(None),
        Err(error) => Err(AppError::from(error)),
    };
    let Some(stored) = list().await? else { return Ok(()) };
    check_lengths(app, upload, &stored).await?;
    let etags = match announced {
        Some(announced) => with_announced(upload, &stored, announced)?,
        None => {
            check_none_missing(part_count(upload, &stored), &numbers(&stored))?;
            stored.iter().map(|part| (part.number, part.etag.clone())).collect()
        }
    };
    match app.store.complete_multipart(&source, storage_upload_id, &etags).await {
        Ok(_) | Err(StoreError::Gone { .. }) => Ok(()),
        Err(StoreError::InvalidPart { .. }) => {
            let Some(stored) = list().await? else { return Ok(()) };
            check_none_missing(part_count(upload, &stored), &numbers(&stored))?;
            Err(AppError::conflict(
                "part_mismatch",
                "a part changed while the upload was being completed; complete it again",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// The numbers and ETags to join. R2 lists a part up to 5 s after its PUT, so a part that is announced and not listed is
/// joined on the client's word: storage refuses it if it is not there.
fn with_announced(
    upload: &Upload,
    stored: &[Part],
    announced: &[CompletedPart],
) -> Result<Vec<(u16, String)>, AppError> {
    let announced_last = announced.iter().filter_map(|part| u32::try_from(part.number).ok()).max();
    let part_count = match upload.mode {
        UploadMode::FreeParts => announced_last.unwrap_or_default().clamp(1, MAX_PARTS),
        _ => part_count(upload, stored),
    };
    let mut etags = check_announced(announced, part_count)?;
    let there = numbers(stored).into_iter().chain(etags.keys().copied()).collect();
    check_none_missing(part_count, &there)?;
    for part in stored {
        if etags.get(&part.number).map(String::as_str) != Some(part.etag.trim_matches('"')) {
            let message = format!(
                "part {} in storage is not the one in the request; send it again or leave parts out",
                part.number
            );
            return Err(AppError::conflict("part_mismatch", message));
        }
        etags.insert(part.number, part.etag.clone());
    }
    Ok(etags.into_iter().collect())
}

fn check_announced(announced: &[CompletedPart], part_count: u32) -> Result<BTreeMap<u16, String>, AppError> {
    let mut etags: BTreeMap<u16, String> = BTreeMap::new();
    for part in announced {
        let number =
            u16::try_from(part.number).ok().filter(|number| (1..=part_count).contains(&(*number).into()));
        let etag = part.etag.trim_matches('"').to_owned();
        let last = etags.last_key_value().map_or(0, |(last, _)| *last);
        let Some(number) = number.filter(|number| *number > last) else {
            let message = format!("the request must name parts 1 to {part_count}, each once and in order");
            return Err(AppError::conflict("part_mismatch", message));
        };
        etags.insert(number, etag);
    }
    Ok(etags)
}

/// How many parts there must be; with parts of free size, up to the last that has arrived.
fn part_count(upload: &Upload, stored: &[Part]) -> u32 {
    match upload.mode {
        UploadMode::Multipart { part_count, .. } => part_count,
        _ => stored.last().map_or(1, |part| part.number.into()),
    }
}

fn numbers(stored: &[Part]) -> BTreeSet<u16> {
    stored.iter().map(|part| part.number).collect()
}

fn check_none_missing(part_count: u32, there: &BTreeSet<u16>) -> Result<(), AppError> {
    let is_there = |number: &u32| u16::try_from(*number).is_ok_and(|number| there.contains(&number));
    let missing: Vec<u32> = (1..=part_count).filter(|number| !is_there(number)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = missing.iter().take(NAMED_PARTS).map(ToString::to_string).collect();
    let dots = if missing.len() > NAMED_PARTS { ", …" } else { "" };
    let message = format!(
        "{} parts are missing: {}{dots}; send them and complete again",
        missing.len(),
        named.join(", ")
    );
    Err(AppError::conflict("parts_missing", message))
}

async fn check_lengths(app: &App, upload: &Upload, stored: &[Part]) -> Result<(), AppError> {
    if upload.mode == UploadMode::FreeParts {
        return check_free_parts(app, upload, stored).await;
    }
    for part in stored {
        let message = match upload.mode.part_len(part.number.into(), upload.size) {
            Some(expected) if expected == part.size => continue,
            Some(expected) => {
                format!("part {} has {} bytes instead of {expected}; send it again", part.number, part.size)
            }
            None => format!("part {} does not belong to this upload; open a new one", part.number),
        };
        return Err(AppError::conflict("part_mismatch", message));
    }
    Ok(())
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
