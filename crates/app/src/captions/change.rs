//! Giving captions to a video, and taking them away.

use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use telecine_db::captions::{self as rows, Captions as Row};
use telecine_db::objects::{self, Object};
use telecine_db::{Tx, jobs as job_rows, videos};
use telecine_model::{CaptionsId, VideoId, key};
use telecine_video::captions as files;
use telecine_video::package::{MAX_NAME_CHARS, SubtitleKind, subtitle_name};

use super::{Captions, WATCHED_TO_THE_END, checked_language, list};
use crate::jobs::{DeleteCaptions, PublishCaptions};
use crate::{App, AppError};

/// Bytes of a file at most.
pub const MAX_FILE_BYTES: usize = files::MAX_BYTES;
/// Languages of a video; more than any festival shows.
const MAX_LANGUAGES: usize = 100;
/// A file that no captions are in after this time was left by a process that has died.
const ON_ITS_WAY: Duration = Duration::from_secs(600);
const CONTENT_TYPE: &str = "text/vtt";
/// Every file has a name of its own and never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Captions as somebody gives them.
#[derive(Debug)]
pub struct Given {
    /// WebVTT or SubRip in UTF-8.
    pub file: Vec<u8>,
    /// What people see in the menu; the language's own name if left out.
    pub name: Option<String>,
    /// `subtitles`, which they are if left out, or `captions`.
    pub kind: Option<String>,
}

/// What giving them came to.
#[derive(Debug)]
pub struct Stored {
    /// As viewers get them.
    pub captions: Captions,
    /// Whether there were none in this language.
    pub is_new: bool,
}

/// Stores captions in the place of those that were there. The file is written down before it is put, with a job that removes
/// it should the rest never happen; then the row, the removal of the old file and the job that renews the playlists commit
/// together.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_language`, `invalid_name`, `invalid_kind`, `captions_too_large` or `invalid_captions`, which names the
/// line; [`AppError::Conflict`] with `too_many_captions`; [`AppError::NotFound`]; what storage says.
pub async fn put(app: &App, video: VideoId, language: &str, given: Given) -> Result<Stored, AppError> {
    let language = checked_language(language)?;
    let name = subtitle_name(given.name.as_deref().map(checked_name).transpose()?, &language);
    let kind = given.kind.as_deref().map_or(Ok(SubtitleKind::default()), checked_kind)?;
    let webvtt = rewritten(given.file).await?;
    let row = Row {
        video,
        object_key: key::captions(video, language.as_str(), CaptionsId::generate()),
        language: language.to_string(),
        kind: kind.as_str().to_owned(),
        name,
        size: webvtt.len() as u64,
        sha256: hex::encode(Sha256::digest(&webvtt)),
        updated_at: app.clock.now_ms(),
    };
    announce(app, &row).await?;
    app.store.put_bytes(&row.object_key, CONTENT_TYPE, Some(IMMUTABLE), webvtt).await?;
    let is_new = keep(app, &row).await?;
    let mut stored = list(app, video).await?.into_iter();
    let captions = stored.find(|it| it.rendition.language == row.language);
    Ok(Stored { captions: captions.ok_or(AppError::NotFound { what: "captions in this language" })?, is_new })
}

/// Takes away captions that somebody has given. The file's own in the same language, if there are any, come back.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] with `captions_of_source` for the file's own; `invalid_language`.
pub async fn delete(app: &App, video: VideoId, language: &str) -> Result<(), AppError> {
    let language = checked_language(language)?;
    let found = list(app, video).await?.into_iter().find(|it| it.rendition.language == language.as_str());
    let found = found.ok_or(AppError::NotFound { what: "captions in this language" })?;
    if !found.is_given {
        let message =
            "these are the uploaded file's own and cannot be deleted; PUT others to take their place";
        return Err(AppError::conflict("captions_of_source", message));
    }
    let tx = app.db.begin().await?;
    count_change(app, &tx, video).await?;
    if let Some(row) = in_language(&tx, video, language.as_str()).await? {
        rows::delete(&tx, video, language.as_str()).await?;
        leave(app, &tx, &row).await?;
    }
    publish(app, &tx, video).await?;
    Ok(tx.commit().await?)
}

fn checked_name(name: &str) -> Result<&str, AppError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        let message = format!("name must have 1 to {MAX_NAME_CHARS} characters and no control characters");
        return Err(AppError::invalid("invalid_name", message));
    }
    Ok(name)
}

fn checked_kind(kind: &str) -> Result<SubtitleKind, AppError> {
    let refused = || AppError::invalid("invalid_kind", "kind must be subtitles or captions");
    SubtitleKind::from_name(kind).ok_or_else(refused)
}

/// The file as we write it.
async fn rewritten(file: Vec<u8>) -> Result<Bytes, AppError> {
    if file.len() > MAX_FILE_BYTES {
        return Err(AppError::invalid("captions_too_large", "captions may have 2 MB"));
    }
    // Two megabytes take some milliseconds.
    let read = tokio::task::spawn_blocking(move || files::read(&file).map(|captions| captions.to_webvtt()));
    let read = read.await.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()));
    read.map(Bytes::from).map_err(|error| AppError::invalid("invalid_captions", error.to_string()))
}

/// Writes the file down before it is put.
async fn announce(app: &App, row: &Row) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    videos::find(tx.conn(), row.video).await?.ok_or(AppError::NotFound { what: "video" })?;
    let others = rows::of_video(tx.conn(), row.video).await?;
    if others.len() >= MAX_LANGUAGES && others.iter().all(|other| other.language != row.language) {
        let message = format!("the video has captions in {MAX_LANGUAGES} languages; delete some first");
        return Err(AppError::conflict("too_many_captions", message));
    }
    let object = Object {
        key: row.object_key.clone(),
        owner: row.video.into(),
        generation: 0,
        size: row.size,
        checksum: Some(row.sha256.clone()),
        created_at: row.updated_at,
    };
    objects::record(&tx, &object).await?;
    let later = (app.clock.now() + ON_ITS_WAY).as_millisecond();
    telecine_queue::add_at(&tx, &*app.clock, &DeleteCaptions::unless_kept(row.video, &row.object_key), later)
        .await?;
    Ok(tx.commit().await?)
}

/// The captions are in the file from now on; `true` when there were none in this language.
async fn keep(app: &App, row: &Row) -> Result<bool, AppError> {
    let tx = app.db.begin().await?;
    // Jobs before videos, as workers do: two transactions that lock in different orders would stop each other.
    job_rows::remove_waiting(&tx, &DeleteCaptions::id_unless_kept(&row.object_key)).await?;
    count_change(app, &tx, row.video).await?;
    let before = in_language(&tx, row.video, &row.language).await?;
    rows::put(&tx, row).await?;
    if let Some(before) = &before {
        leave(app, &tx, before).await?;
    }
    publish(app, &tx, row.video).await?;
    tx.commit().await?;
    Ok(before.is_none())
}

/// Counts the change, which nobody else can do before this transaction has ended.
async fn count_change(app: &App, tx: &Tx, video: VideoId) -> Result<(), AppError> {
    let revision = videos::count_captions_change(tx, video, app.clock.now_ms()).await?;
    revision.map(drop).ok_or(AppError::NotFound { what: "video" })
}

async fn in_language(tx: &Tx, video: VideoId, language: &str) -> Result<Option<Row>, AppError> {
    Ok(rows::of_video(tx.conn(), video).await?.into_iter().find(|row| row.language == language))
}

/// The file goes when nobody can be in the middle of it any more.
async fn leave(app: &App, tx: &Tx, row: &Row) -> Result<(), AppError> {
    let later = (app.clock.now() + WATCHED_TO_THE_END).as_millisecond();
    telecine_queue::add_at(tx, &*app.clock, &DeleteCaptions::replaced(row.video, &row.object_key), later)
        .await?;
    Ok(())
}

async fn publish(app: &App, tx: &Tx, video: VideoId) -> Result<(), AppError> {
    telecine_queue::add(tx, &*app.clock, &PublishCaptions::of(video)).await?;
    Ok(())
}
