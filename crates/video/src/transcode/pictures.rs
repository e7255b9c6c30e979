//! Thumbnails and poster: checked, then stored.

use futures::{StreamExt, TryStreamExt, stream};

use super::encode::Encoded;
use super::rendition::Recorded;
use super::{Scratch, Transcode, store};
use crate::THUMBNAIL_SECONDS;
use crate::command::{POSTER_FILE, thumbnail_file};
use crate::error::VideoError;
use crate::package::{Picture, Thumbnails};

/// Thumbnails stored at a time; a film has thousands of small ones.
const PARALLEL_UPLOADS: usize = 8;

const JPEG: &str = "image/jpeg";

/// What was stored.
pub(super) struct Pictures {
    pub(super) thumbnails: Thumbnails,
    pub(super) poster: Picture,
}

/// Stores the pictures of a run; `None` when the plan has none.
pub(super) async fn store(
    run: &Transcode<'_>,
    scratch: &Scratch,
    encoded: &Encoded,
) -> Result<Option<Pictures>, VideoError> {
    let (Some(plan), Some(rung)) = (&run.plan.video, encoded.video.first()) else {
        return Ok(None);
    };
    let names = thumbnail_names(scratch, rung)?;
    let images = stream::iter(names)
        .map(|name| store::put_file(run.sink, scratch.path(), name, JPEG))
        .buffered(PARALLEL_UPLOADS)
        .try_collect();
    let images = super::unless_cancelled(run.cancel, images).await?;
    if !scratch.path().join(POSTER_FILE).exists() {
        return Err(VideoError::invalid("the poster is missing"));
    }
    let poster = store::put_file(run.sink, scratch.path(), POSTER_FILE.to_owned(), JPEG);
    let object = super::unless_cancelled(run.cancel, poster).await?;
    Ok(Some(Pictures {
        thumbnails: Thumbnails {
            interval: THUMBNAIL_SECONDS,
            width: plan.thumbnail.width,
            height: plan.thumbnail.height,
            images,
        },
        poster: Picture { object, width: plan.poster.width, height: plan.poster.height },
    }))
}

/// The names of the thumbnails there are: one per interval, give or take one at its edge.
fn thumbnail_names(scratch: &Scratch, rung: &Recorded) -> Result<Vec<String>, VideoError> {
    let names: Vec<String> =
        (0..).map(thumbnail_file).take_while(|name| scratch.path().join(name).exists()).collect();
    let seconds = rung.duration();
    let expected = (seconds / f64::from(THUMBNAIL_SECONDS)).ceil();
    let found = u32::try_from(names.len()).map_or(f64::INFINITY, f64::from);
    if names.is_empty() || (found - expected).abs() > 1.0 {
        return Err(VideoError::invalid(format!("{found} thumbnails for {seconds:.3} s")));
    }
    Ok(names)
}
