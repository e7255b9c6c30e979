//! Images that are taken from a video at a second.

use std::path::Path;

use serde::{Deserialize, Serialize};
use telecine_db::images::{self as rows, Image, NewImage};
use telecine_db::videos::Video;
use telecine_image::Variant;
use telecine_model::{ImageId, ImageStatus, VideoId, key};
use telecine_video::package::Track;
use tokio::io::AsyncWriteExt as _;

use super::{check_variants, find, usual_variants};
use crate::jobs::ProcessImage;
use crate::playback::published_package;
use crate::{App, AppError, videos};

/// The longest side of a rendition that pictures are taken from: more than any variant has.
const ENOUGH_PIXELS: u32 = 1920;
/// No video is longer than a month.
const MAX_SECONDS: f64 = 31.0 * 24.0 * 3600.0;
/// The largest segment that is read.
const MAX_SEGMENT_BYTES: u64 = 256 * 1024 * 1024;

/// What an image is taken from, as its row has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FromVideo {
    /// Where the video is.
    #[serde(flatten)]
    pub(crate) origin: Origin,
    /// Seconds from its beginning.
    pub(crate) timestamp: f64,
}

/// Where a video is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Origin {
    /// One of ours.
    VideoId(VideoId),
    /// Somewhere on the web.
    VideoUrl(String),
}

/// A picture of a video to be taken.
#[derive(Debug, Clone)]
pub struct NewThumbnail {
    /// One of our videos.
    pub video: VideoId,
    /// Seconds from its beginning.
    pub timestamp: f64,
    /// What people will call it; the video's title if left out.
    pub title: Option<String>,
    /// What is to be made of it; the usual variants if left out.
    pub variants: Option<Vec<Variant>>,
}

/// Has a picture taken from a video of ours.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_timestamp`, `invalid_title` or `invalid_variants`; [`AppError::NotFound`];
/// [`AppError::Conflict`] with `not_playable`.
pub async fn take(app: &App, new: NewThumbnail) -> Result<Image, AppError> {
    let video = videos::find(app, new.video).await?;
    if !(0.0..=MAX_SECONDS).contains(&new.timestamp) {
        let sentence = "timestamp must be a second of the video";
        return Err(AppError::invalid("invalid_timestamp", sentence));
    }
    check_playable(&video)?;
    let title = new.title.as_deref().map(crate::uploads::check_title).transpose()?;
    let wish = check_variants(&new.variants.unwrap_or_else(usual_variants))?;
    let from = FromVideo { origin: Origin::VideoId(new.video), timestamp: new.timestamp };
    let tx = app.db.begin().await?;
    let id = insert_taken(app, &tx, None, title.unwrap_or(video.title), &from, wish).await?;
    let id = id.ok_or(AppError::NotFound { what: "image" })?;
    let image = rows::find(tx.conn(), id).await?.ok_or(AppError::NotFound { what: "image" })?;
    telecine_queue::add(&tx, &*app.clock, &ProcessImage::of(&image)).await?;
    tx.commit().await?;
    find(app, id).await
}

/// Stores the row of a picture that is to be taken; `None` when its external id is taken.
pub(crate) async fn insert_taken(
    app: &App,
    tx: &telecine_db::Tx,
    external_id: Option<&str>,
    title: String,
    from: &FromVideo,
    wish: String,
) -> Result<Option<ImageId>, AppError> {
    let id = ImageId::generate();
    let new = NewImage {
        id,
        external_id: external_id.map(str::to_owned),
        title,
        status: ImageStatus::Processing,
        origin: serde_json::to_string(from).ok(),
        wish,
        content_type: "video/*".to_owned(),
        size: 0,
        sha256: None,
        upload_owner: None,
        expires_at: None,
    };
    Ok(rows::insert(tx, &new, app.clock.now_ms()).await?.then_some(id))
}

fn check_playable(video: &Video) -> Result<(), AppError> {
    if video.playable && !video.is_growing() {
        return Ok(());
    }
    let sentence = "the video is not ready yet; take pictures from it when it is";
    Err(AppError::conflict("not_playable", sentence))
}

/// Brings the part of a video of ours that shows this second into a local file, and tells where in it that is.
pub(crate) async fn frame_of(app: &App, id: VideoId, timestamp: f64, path: &Path) -> Result<f64, AppError> {
    let video = videos::find(app, id).await?;
    check_playable(&video)?;
    let generation = video.published_generation.ok_or(AppError::NotFound { what: "video" })?;
    let prefix = key::generation_prefix(id, generation);
    let package = published_package(app, &prefix).await?;
    let is_enough = |width: u32, height: u32| width.max(height) <= ENOUGH_PIXELS;
    let best = package.video.iter().find(|it| is_enough(it.width, it.height));
    let Some(rendition) = best.or(package.video.last()) else {
        let sentence = "the video has sound only, of which no picture can be taken";
        return Err(AppError::conflict("no_pictures", sentence));
    };
    let track: &Track = &rendition.track;
    let segment =
        track.segments.iter().rfind(|segment| segment.start <= timestamp).or(track.segments.first());
    let segment = segment.ok_or(AppError::NotFound { what: "video" })?;
    let mut file = tokio::fs::File::create(path).await.map_err(|error| disk(&error))?;
    for object in [&track.init.0, &segment.object] {
        let bytes = app.store.get_bytes(&key::named(&prefix, &object.url), MAX_SEGMENT_BYTES).await?;
        file.write_all(&bytes).await.map_err(|error| disk(&error))?;
    }
    file.flush().await.map_err(|error| disk(&error))?;
    // The last frame of a segment begins a little before its end.
    Ok((timestamp - segment.start).clamp(0.0, (segment.duration - 0.05).max(0.0)))
}

fn disk(error: &std::io::Error) -> AppError {
    AppError::Unreadable { document: "scratch folder", reason: error.to_string() }
}
