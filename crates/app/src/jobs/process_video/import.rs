//! Fetching the file of a video that another program asks for, before it is processed.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use telecine_db::objects::{self, Object};
use telecine_db::{jobs, videos};
use telecine_model::{Failure, FailureCode, VideoId, VideoStatus, key};
use telecine_queue::{JobError, Run};
use telecine_storage::StoreError;
use telecine_storage::remote::{RemoteError, RemoteUpload};
use url::Url;

use super::super::failed::{remote_failed, storage_failed};
use super::payload::Source;
use crate::App;

/// Titles made of addresses and paths are cut off here.
const TITLE_CHARS: usize = 200;
/// What the bytes really are is found out when they are probed.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// `[imports]` in telecine.toml.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportsConfig {
    /// Folders of this machine that jobs of other programs may name files in (`inputPath`); none by default.
    pub folders: Vec<PathBuf>,
}

impl ImportsConfig {
    /// Checks that every folder is named from the root.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        match self.folders.iter().find(|folder| !folder.is_absolute()) {
            Some(folder) => Err(format!("imports.folders holds {}; write absolute paths", folder.display())),
            None => Ok(()),
        }
    }
}

/// The video that another program knows as `external_id`, with its file in storage. Doing it again changes nothing.
pub(super) async fn import(
    run: &Run,
    app: &App,
    external_id: &str,
    source: Option<&Source>,
) -> Result<VideoId, JobError> {
    let (video, has_source) = find_or_insert(run, app, external_id, source).await?;
    if !has_source {
        fetch_source(run, app, video, source).await?;
    }
    Ok(video)
}

/// Brings the file of a video of ours into storage, if the video waits for it.
pub(crate) async fn fetch_missing(run: &Run, app: &App, video: VideoId, url: Url) -> Result<(), JobError> {
    let row = videos::find(app.db.read(), video).await?;
    match row {
        Some(row) if row.status == VideoStatus::Processing && row.source_etag.is_none() => {
            fetch_source(run, app, video, Some(&Source::Url(url))).await
        }
        _ => Ok(()),
    }
}

async fn fetch_source(run: &Run, app: &App, video: VideoId, source: Option<&Source>) -> Result<(), JobError> {
    let Some(source) = source else { return Err(FailureCode::SourceMissing.into()) };
    let kept = key::source(video);
    let fetch = fetch(run, app, video, source, &kept);
    tokio::select! {
        fetched = fetch => fetched?,
        () = run.cancellation().cancelled() => return Err(JobError::LeaseLost),
    }
    let object = app.store.head(&kept).await.map_err(|error| storage_failed(video, &error))?;
    let Some(object) = object else { return Err(FailureCode::StorageUnavailable.into()) };
    let tx = run.begin().await?;
    videos::set_source(&tx, video, object.size, &object.etag, app.clock.now_ms()).await?;
    objects::record(&tx, &record(app, video, object.size)).await?;
    tx.commit().await?;
    Ok(())
}

/// The video's id, and whether its file is in storage.
async fn find_or_insert(
    run: &Run,
    app: &App,
    external_id: &str,
    source: Option<&Source>,
) -> Result<(VideoId, bool), JobError> {
    let tx = run.begin().await?;
    // A program may also name one of our own videos, and say where its file came from.
    let ours = match external_id.parse() {
        Ok(id) => videos::find(tx.conn(), id).await?,
        Err(_) => None,
    };
    let known = match ours {
        Some(video) => Some(video),
        None => videos::find_external(tx.conn(), external_id).await?,
    };
    let (id, has_source) = match known {
        Some(video) => (video.id, video.source_etag.is_some() || video.status != VideoStatus::Processing),
        None => {
            let id = VideoId::generate();
            let title = source.map_or_else(|| external_id.to_owned(), title_of);
            if !videos::insert_import(&tx, id, external_id, &title, app.clock.now_ms()).await? {
                // Its row is still being deleted.
                return Err(FailureCode::Internal.into());
            }
            objects::record(&tx, &record(app, id, 0)).await?;
            (id, false)
        }
    };
    jobs::set_subject(&tx, run.lease(), &id.to_string()).await?;
    tx.commit().await?;
    Ok((id, has_source))
}

async fn fetch(run: &Run, app: &App, video: VideoId, source: &Source, kept: &str) -> Result<(), JobError> {
    match source {
        Source::Url(url) => {
            let upload = RemoteUpload { url: url.clone(), key: kept.to_owned(), content_type: None };
            // Bytes alone say little while the rest is to come: the number stays where it is.
            app.remote
                .upload_from_url(&upload, |_| {})
                .await
                .map(drop)
                .map_err(|error| not_copied(video, &error))
        }
        Source::Path(path) => {
            let path = allowed(app, path).await?;
            run.report(serde_json::json!({ "step": "import" }));
            let put = app.store.put_file(kept, UNKNOWN_TYPE, None, &path).await;
            put.map(drop).map_err(|error| storage_failed(video, &error))
        }
    }
}

/// The real path of the file, if it lies in a folder that the settings allow.
async fn allowed(app: &App, path: &Path) -> Result<PathBuf, JobError> {
    let refused = |why: &str| {
        let code = FailureCode::InvalidPayload;
        let message = format!("{} inputPath {why}", code.sentence());
        JobError::Fail(Failure { message, ..code.into() })
    };
    let real = tokio::fs::canonicalize(path).await;
    for folder in &app.imports.folders {
        let (Ok(real), Ok(folder)) = (&real, tokio::fs::canonicalize(folder).await) else { continue };
        let is_file = tokio::fs::metadata(real).await.is_ok_and(|data| data.is_file());
        if real.starts_with(&folder) && is_file {
            return Ok(real.clone());
        }
    }
    Err(refused("names no file in a folder of imports.folders; allow the folder there, or send videoUrl."))
}

fn not_copied(video: VideoId, error: &RemoteError) -> JobError {
    match error {
        RemoteError::Remote(remote) => remote_failed("videoUrl", remote),
        RemoteError::Store(StoreError::TooLarge { .. }) => {
            let message = format!("videoUrl cannot be fetched: {error}.");
            JobError::Fail(Failure { code: error.code().to_owned(), message, detail: None })
        }
        RemoteError::Store(error) => storage_failed(video, error),
    }
}

/// The last part of the address or path.
fn title_of(source: &Source) -> String {
    match source {
        Source::Url(url) => title_of_address(url),
        Source::Path(path) => {
            title_of_name(path.file_name().and_then(|name| name.to_str()).unwrap_or_default())
        }
    }
}

/// The last part of the address.
pub(crate) fn title_of_address(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    title_of_name(&percent_decode_str(last).decode_utf8_lossy())
}

fn title_of_name(name: &str) -> String {
    let title: String = name.chars().filter(|c| !c.is_control()).take(TITLE_CHARS).collect();
    if title.is_empty() { "video".to_owned() } else { title }
}

fn record(app: &App, video: VideoId, size: u64) -> Object {
    let (key, created_at) = (key::source(video), app.clock.now_ms());
    Object { key, owner: video.into(), generation: 0, size, checksum: None, created_at }
}
