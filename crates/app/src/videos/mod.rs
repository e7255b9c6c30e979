//! Videos: importing, finding, listing, describing, processing again and deleting them.

mod import;

use serde_json::{Map, Value};
use telecine_db::videos::{Details, Selection, Video};
use telecine_db::{Tx, jobs as job_rows, uploads, videos as rows};
use telecine_model::{VideoId, VideoStatus};
use telecine_queue::Job;

use crate::jobs::{DeleteVideo, ImportVideo, ProcessVideo};
use crate::uploads::check_title;
use crate::{App, AppError};
pub use import::import;
pub(crate) use import::{checked as checked_address, import_in};

/// Characters of a description, at most.
const MAX_DESCRIPTION_CHARS: usize = 5000;
/// Tags of a video, at most.
const MAX_TAGS: usize = 30;
/// Characters of a tag, at most.
const MAX_TAG_CHARS: usize = 50;

/// No video is longer than a month.
const MAX_MOMENT_S: f64 = 31.0 * 24.0 * 3600.0;

/// Videos on one page, at most.
pub const MAX_PAGE: u64 = 100;

/// One page of videos.
#[derive(Debug)]
pub struct Page {
    /// In the order of the selection.
    pub videos: Vec<Video>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<VideoId>,
}

/// The video with this id.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find(app: &App, id: VideoId) -> Result<Video, AppError> {
    rows::find(app.db.read(), id).await?.ok_or(AppError::NotFound { what: "video" })
}

/// Up to `limit` videos (1 to 100) of the selection.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_limit`.
pub async fn page(app: &App, selection: &Selection, limit: u64) -> Result<Page, AppError> {
    let (videos, has_more) =
        crate::page_of(limit, MAX_PAGE, async |limit| rows::page(app.db.read(), selection, limit).await)
            .await?;
    let next = videos.last().filter(|_| has_more).map(|video| video.id);
    Ok(Page { videos, next })
}

/// Changes what people tell about the video.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_title`, `invalid_description`, `invalid_tags` or `invalid_poster`;
/// [`AppError::NotFound`].
pub async fn describe(app: &App, id: VideoId, details: Details) -> Result<Video, AppError> {
    let details = Details {
        title: details.title.as_deref().map(check_title).transpose()?,
        description: details.description.as_deref().map(check_description).transpose()?,
        tags: details.tags.as_deref().map(check_tags).transpose()?,
        poster_s: details.poster_s.map(check_moment).transpose()?,
        ..details
    };
    let tx = app.db.begin().await?;
    let is_changed = rows::set_details(&tx, id, &details, app.clock.now_ms()).await?;
    tx.commit().await?;
    if is_changed { find(app, id).await } else { Err(AppError::NotFound { what: "video" }) }
}

/// A description as it is stored: trimmed, and lines may be broken in it.
fn check_description(description: &str) -> Result<String, AppError> {
    let description = description.trim().replace("\r\n", "\n");
    let is_strange = |character: char| character.is_control() && character != '\n';
    if description.chars().count() > MAX_DESCRIPTION_CHARS || description.chars().any(is_strange) {
        let sentence = format!(
            "description must have at most {MAX_DESCRIPTION_CHARS} characters and no control characters but line breaks"
        );
        return Err(AppError::invalid("invalid_description", sentence));
    }
    Ok(description)
}

/// A moment of any video; of a shorter one it is its end.
fn check_moment(second: Option<f64>) -> Result<Option<f64>, AppError> {
    match second {
        Some(second) if !(0.0..=MAX_MOMENT_S).contains(&second) => Err(AppError::invalid(
            "invalid_poster",
            "poster_s must be a second of the video, or null".to_owned(),
        )),
        second => Ok(second),
    }
}

/// Tags as they are stored: trimmed, each once, in the order given.
fn check_tags(tags: &[String]) -> Result<Vec<String>, AppError> {
    let mut checked: Vec<String> = Vec::new();
    for tag in tags.iter().map(|tag| tag.trim()) {
        let length = tag.chars().count();
        if length == 0 || length > MAX_TAG_CHARS || tag.chars().any(char::is_control) {
            let sentence =
                format!("a tag must have 1 to {MAX_TAG_CHARS} characters and no control characters");
            return Err(AppError::invalid("invalid_tags", sentence));
        }
        if !checked.iter().any(|other| other == tag) {
            checked.push(tag.to_owned());
        }
    }
    if checked.len() > MAX_TAGS {
        return Err(AppError::invalid("invalid_tags", format!("a video has at most {MAX_TAGS} tags")));
    }
    Ok(checked)
}

/// Processes the video again, from its source, as `asked` says (`qualities` and `options`, as jobs have them). Viewers keep
/// what they have until the new outputs are verified, and for good when they fail.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_options`; [`AppError::NotFound`]; [`AppError::Conflict`] with `not_processed_yet` while
/// it is being uploaded or processed, and with `source_deleted`.
pub async fn reprocess(app: &App, id: VideoId, asked: Map<String, Value>) -> Result<Video, AppError> {
    let now = app.clock.now_ms();
    let tx = app.db.begin().await?;
    let video = rows::find(tx.conn(), id).await?.ok_or(AppError::NotFound { what: "video" })?;
    let job = ProcessVideo::again(id, video.generation, asked)
        .map_err(|sentence| AppError::invalid("invalid_options", sentence))?;
    if video.source_etag.is_none() {
        drop(tx);
        // A file that could not be fetched: its job still knows where from.
        if video.status == VideoStatus::Failed {
            for job in [ImportVideo::id_of(id), ProcessVideo::id_of(id)] {
                if app.queues.retry(&job).await.is_ok() {
                    return find(app, id).await;
                }
            }
        }
        let sentence = "the source of this video is not in storage: it was deleted after processing, or could not be fetched; \
                        upload or import it again";
        return Err(AppError::conflict("source_deleted", sentence));
    }
    let is_changed = match video.status {
        VideoStatus::Ready => rows::mark_reprocessing(&tx, id, now).await?,
        VideoStatus::Failed => rows::mark_processing_again(&tx, id, now).await?,
        _ => false,
    };
    if !is_changed {
        let sentence = "the video is still being uploaded or processed; try again when that has ended";
        return Err(AppError::conflict("not_processed_yet", sentence));
    }
    if !telecine_queue::add(&tx, &*app.clock, &job).await? {
        // It was asked for before and ended without having begun a generation: cancelled while it waited.
        job_rows::remove_idle(&tx, &Job::<App>::id(&job), now).await?;
        telecine_queue::add(&tx, &*app.clock, &job).await?;
    }
    tx.commit().await?;
    find(app, id).await
}

/// Deletes the video: it is gone for everybody at once; a job removes its objects and rows.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn delete(app: &App, id: VideoId) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    if delete_in(app, &tx, id).await? {
        Ok(tx.commit().await?)
    } else {
        Err(AppError::NotFound { what: "video" })
    }
}

/// Deletes the video in the transaction; `false` when there is none.
pub(crate) async fn delete_in(app: &App, tx: &Tx, id: VideoId) -> Result<bool, AppError> {
    // Jobs before videos, as workers do: two transactions that lock in different orders would stop each other.
    job_rows::cancel_by_subject(tx, &id.to_string()).await?;
    if !rows::mark_deleted(tx, id, app.clock.now_ms()).await? {
        return Ok(false);
    }
    let upload = uploads::find_by_video(tx.conn(), id).await?;
    telecine_queue::add(tx, &*app.clock, &DeleteVideo::of(id, upload.as_ref())).await?;
    Ok(true)
}
