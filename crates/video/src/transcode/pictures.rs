//! Thumbnails, storyboard, posters, preview and placeholder: checked, then stored.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::{StreamExt, TryStreamExt, stream};

use super::encode::Encoded;
use super::{Scratch, Transcode, store};
use crate::command::{
    PLACEHOLDER_FILE, POSTER_FILE, PREVIEW_FILE, large_thumbnail_file, poster_file, sheet_file,
    thumbnail_file,
};
use crate::error::VideoError;
use crate::package::{Picture, StoredObject, Storyboard, Thumbnails, Track};
use crate::plan::{Size, Stills};
use crate::{STORYBOARD_COLUMNS, STORYBOARD_ROWS, THUMBNAIL_SECONDS};

/// Files stored at a time; a film has thousands of small ones.
const PARALLEL_UPLOADS: usize = 8;

const JPEG: &str = "image/jpeg";
const WEBP: &str = "image/webp";

/// A file with less is a header without a frame: the video was shorter than it had said.
const MIN_PREVIEW_BYTES: u64 = 1000;

/// What was stored.
pub(super) struct Pictures {
    pub(super) thumbnails: Thumbnails,
    pub(super) large_thumbnails: Thumbnails,
    pub(super) storyboard: Storyboard,
    pub(super) poster: Picture,
    pub(super) posters: Vec<Picture>,
    pub(super) preview: Option<StoredObject>,
    pub(super) thumbhash: Option<String>,
}

/// Stores the pictures of a run; `None` when the plan has none.
pub(super) async fn store(
    run: &Transcode<'_>,
    scratch: &Scratch,
    encoded: &Encoded,
) -> Result<Option<Pictures>, VideoError> {
    let plan = run.plan.video.as_ref().filter(|_| run.plan.has_stills);
    let (Some(plan), Some(rung)) = (plan, encoded.video.first()) else {
        return Ok(None);
    };
    let stored = store_all(run, scratch, &plan.stills, &rung.track);
    super::unless_cancelled(run.cancel, stored).await.map(Some)
}

async fn store_all(
    run: &Transcode<'_>,
    scratch: &Scratch,
    stills: &Stills,
    track: &Track,
) -> Result<Pictures, VideoError> {
    let names = thumbnail_names(scratch, track, thumbnail_file)?;
    let thumbnails = put_thumbnails(run, scratch, names, JPEG, stills.thumbnail).await?;
    let names = thumbnail_names(scratch, track, large_thumbnail_file)?;
    let large_thumbnails = put_thumbnails(run, scratch, names, WEBP, stills.large_thumbnail).await?;
    let tiles = u32::try_from(thumbnails.images.len()).unwrap_or(u32::MAX);
    let sheets = put_each(run, scratch, sheet_names(scratch, tiles)?, JPEG).await?;
    let tile = stills.tile;
    let storyboard = Storyboard {
        interval: THUMBNAIL_SECONDS,
        width: tile.width,
        height: tile.height,
        columns: STORYBOARD_COLUMNS,
        rows: STORYBOARD_ROWS,
        tiles,
        images: sheets,
    };
    let (poster, posters) = put_posters(run, scratch, stills).await?;
    let preview = put_preview(run, scratch).await?;
    let thumbhash = thumbhash_of(scratch, stills.placeholder).await?;
    Ok(Pictures { thumbnails, large_thumbnails, storyboard, poster, posters, preview, thumbhash })
}

async fn put_thumbnails(
    run: &Transcode<'_>,
    scratch: &Scratch,
    names: Vec<String>,
    mime: &'static str,
    Size { width, height }: Size,
) -> Result<Thumbnails, VideoError> {
    let images = put_each(run, scratch, names, mime).await?;
    Ok(Thumbnails { interval: THUMBNAIL_SECONDS, mime: mime.to_owned(), width, height, images })
}

async fn put_each(
    run: &Transcode<'_>,
    scratch: &Scratch,
    names: Vec<String>,
    mime: &'static str,
) -> Result<Vec<StoredObject>, VideoError> {
    let stored = stream::iter(names).map(|name| store::put_file(run.sink, scratch.path(), name, mime));
    stored.buffered(PARALLEL_UPLOADS).try_collect().await
}

/// The usual poster, and the same in other sizes and formats.
async fn put_posters(
    run: &Transcode<'_>,
    scratch: &Scratch,
    stills: &Stills,
) -> Result<(Picture, Vec<Picture>), VideoError> {
    if !scratch.path().join(POSTER_FILE).exists() {
        return Err(VideoError::invalid("the poster is missing"));
    }
    let mut stored = Vec::new();
    for (index, size) in stills.posters.iter().enumerate() {
        for (extension, mime) in [("jpg", JPEG), ("webp", WEBP)] {
            let name = poster_file(index, *size, extension);
            let object = store::put_file(run.sink, scratch.path(), name, mime).await?;
            stored.push(Picture { object, mime: mime.to_owned(), width: size.width, height: size.height });
        }
    }
    let usual = stored.remove(0);
    Ok((usual, stored))
}

async fn put_preview(run: &Transcode<'_>, scratch: &Scratch) -> Result<Option<StoredObject>, VideoError> {
    let made = std::fs::metadata(scratch.path().join(PREVIEW_FILE));
    if made.map_or(0, |file| file.len()) < MIN_PREVIEW_BYTES {
        return Ok(None);
    }
    store::put_file(run.sink, scratch.path(), PREVIEW_FILE.to_owned(), "video/mp4").await.map(Some)
}

/// The placeholder, made of a picture in four bytes a pixel.
async fn thumbhash_of(scratch: &Scratch, size: Size) -> Result<Option<String>, VideoError> {
    let path = scratch.path().join(PLACEHOLDER_FILE);
    let pixels = store::on_blocking_thread(move || std::fs::read(path)).await?;
    let (width, height) = (size.width as usize, size.height as usize);
    if pixels.len() != width * height * 4 {
        return Ok(None);
    }
    Ok(Some(BASE64_STANDARD.encode(thumbhash::rgba_to_thumb_hash(width, height, &pixels))))
}

/// The names of the thumbnails there are: one per interval, give or take one at its edge.
fn thumbnail_names(
    scratch: &Scratch,
    track: &Track,
    name: impl Fn(usize) -> String,
) -> Result<Vec<String>, VideoError> {
    let names = names_of(scratch, name);
    let seconds = track.duration();
    let expected = (seconds / f64::from(THUMBNAIL_SECONDS)).ceil();
    let found = u32::try_from(names.len()).map_or(f64::INFINITY, f64::from);
    if names.is_empty() || (found - expected).abs() > 1.0 {
        return Err(VideoError::invalid(format!("{found} thumbnails for {seconds:.3} s")));
    }
    Ok(names)
}

/// The names of the sheets: as many as the thumbnails fill.
fn sheet_names(scratch: &Scratch, tiles: u32) -> Result<Vec<String>, VideoError> {
    let names = names_of(scratch, sheet_file);
    if names.len() != tiles.div_ceil(STORYBOARD_COLUMNS * STORYBOARD_ROWS) as usize {
        return Err(VideoError::invalid(format!("{} sheets for {tiles} thumbnails", names.len())));
    }
    Ok(names)
}

fn names_of(scratch: &Scratch, name: impl Fn(usize) -> String) -> Vec<String> {
    (0..).map(name).take_while(|name| scratch.path().join(name).exists()).collect()
}
