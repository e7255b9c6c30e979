//! The pictures that are taken from a video: poster, thumbnails, storyboard, preview.

use super::ladder::{Rung, Size, fit_width, long_side_at_most};
use crate::probe::Rate;

/// Width of a thumbnail in pixels.
const THUMBNAIL_WIDTH: u32 = 320;

/// Width of a large thumbnail in pixels.
const LARGE_THUMBNAIL_WIDTH: u32 = 640;

/// Width of a tile of the storyboard in pixels.
const TILE_WIDTH: u32 = 160;

/// Long sides of the posters in pixels, the usual one first.
const POSTER_LONG_SIDES: [u32; 3] = [1280, 640, 320];

/// Long side of what the placeholder is made of; its format takes up to 100 pixels.
const PLACEHOLDER_LONG_SIDE: u32 = 100;

/// The poster shows this second, or a third of a shorter video: openings are often black.
const POSTER_SECOND: f64 = 10.0;

/// Seconds of the preview.
const PREVIEW_SECONDS: f64 = 3.0;

/// Frames of the preview in a second at most.
const PREVIEW_RATE: u32 = 12;

/// What is taken from the frames of the rungs.
#[derive(Debug, Clone, PartialEq)]
pub struct Stills {
    /// Size of a thumbnail.
    pub thumbnail: Size,
    /// Size of a large thumbnail.
    pub large_thumbnail: Size,
    /// Size of a tile of the storyboard.
    pub tile: Size,
    /// Sizes of the poster, largest first, each once.
    pub posters: Vec<Size>,
    /// Size of the picture that the placeholder is made of.
    pub placeholder: Size,
    /// The frame shown by the poster, counted at the rate of the rungs.
    pub poster_frame: u64,
    /// The preview.
    pub preview: Preview,
}

/// A few seconds without sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The second at which it begins.
    pub start: f64,
    /// Seconds at most.
    pub seconds: f64,
    /// Frames in a second.
    pub rate: Rate,
    /// Size of the picture.
    pub size: Size,
}

/// Plans the pictures; `rungs` has at least one.
pub(super) fn stills(rungs: &[Rung], duration: Option<f64>, rate: Rate) -> Stills {
    let (largest, smallest) = (rungs[0].size, rungs[rungs.len() - 1].size);
    let mut posters: Vec<Size> =
        POSTER_LONG_SIDES.iter().map(|side| long_side_at_most(largest, *side)).collect();
    posters.dedup();
    let usual_rate = Rate::whole(PREVIEW_RATE);
    Stills {
        thumbnail: fit_width(smallest, THUMBNAIL_WIDTH),
        large_thumbnail: fit_width(smallest, LARGE_THUMBNAIL_WIDTH),
        tile: fit_width(smallest, TILE_WIDTH),
        posters,
        placeholder: long_side_at_most(smallest, PLACEHOLDER_LONG_SIDE),
        poster_frame: (telling_second(duration) * rate.as_f64()).floor() as u64,
        preview: Preview {
            // A window past the end would be an empty file.
            start: if duration.is_some_and(|duration| duration > PREVIEW_SECONDS) {
                telling_second(duration)
            } else {
                0.0
            },
            seconds: PREVIEW_SECONDS,
            rate: if rate.as_f64() < usual_rate.as_f64() { rate } else { usual_rate },
            size: fit_width(smallest, THUMBNAIL_WIDTH),
        },
    }
}

/// A second that shows what the video is about; never negative.
fn telling_second(duration: Option<f64>) -> f64 {
    duration.map_or(0.0, |duration| (duration / 3.0).clamp(0.0, POSTER_SECOND))
}
