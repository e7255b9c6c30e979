//! Sizes: what the source looks like on a screen, and the rungs it reaches.

use crate::probe::VideoStream;

/// Short sides of the rungs in pixels, largest first, with the cap of the bitrate in kbit/s. The buffer is twice the
/// cap, so a segment stays below three times of it.
const RUNGS: [(u32, u32); 6] =
    [(2160, 16_000), (1440, 9000), (1080, 5000), (720, 2800), (480, 1400), (360, 800)];

/// The longest side of a rung in pixels: level 5.2 of H.264 ends at 8688.
const MAX_LONG_SIDE: u32 = 8192;

/// The shortest side of any picture we make; H.264 stores blocks of 16.
const MIN_SIDE: u32 = 16;

/// Pixels wider or narrower than this many times are taken for nonsense in the file.
const MAX_PIXEL_STRETCH: f64 = 8.0;

/// Width and height in pixels, both even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// One quality of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// The short side in pixels, which names the rung: 1080 is `1080p` for people and `v1080` in object names.
    pub short_side: u32,
    /// Size of the picture.
    pub size: Size,
    /// Cap of the bitrate in kbit/s.
    pub max_bitrate_kbps: u32,
}

impl Rung {
    /// The folder of its objects: `v1080`.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("v{}", self.short_side)
    }
}

impl Size {
    fn short_side(self) -> u32 {
        self.width.min(self.height)
    }

    fn long_side(self) -> u32 {
        self.width.max(self.height)
    }
}

/// Size the source should be shown at: square pixels, turned as the file asks. ffmpeg turns frames itself before the
/// first filter, so only the numbers are swapped here.
pub(super) fn display_size(stream: &VideoStream) -> Size {
    let stretch = stream.sample_aspect_ratio.as_f64();
    let is_sane = (1.0 / MAX_PIXEL_STRETCH..=MAX_PIXEL_STRETCH).contains(&stretch);
    let width = even(f64::from(stream.width) * if is_sane { stretch } else { 1.0 });
    // An odd last row is dropped rather than invented.
    let height = (stream.height & !1).max(MIN_SIDE);
    match stream.rotation {
        90 | 270 => Size { width: height, height: width },
        _ => Size { width, height },
    }
}

/// The rungs whose short side the source reaches; a smaller source gets one rung at its own size.
pub(super) fn ladder(source: Size) -> Vec<Rung> {
    let reached = RUNGS.into_iter().filter(|(short_side, _)| *short_side <= source.short_side());
    let rungs: Vec<Rung> = reached.map(|(short_side, cap)| rung(source, short_side, cap)).collect();
    if rungs.is_empty() {
        let (_, smallest_cap) = RUNGS[RUNGS.len() - 1];
        return vec![rung(source, source.short_side(), smallest_cap)];
    }
    rungs
}

fn rung(source: Size, short_side: u32, max_bitrate_kbps: u32) -> Rung {
    let size = long_side_at_most(
        scaled(source, f64::from(short_side) / f64::from(source.short_side())),
        MAX_LONG_SIDE,
    );
    Rung { short_side, size, max_bitrate_kbps }
}

/// Shrinks to a width, never enlarges.
pub(super) fn fit_width(size: Size, width: u32) -> Size {
    scaled(size, (f64::from(width) / f64::from(size.width)).min(1.0))
}

/// Shrinks to a long side, never enlarges.
pub(super) fn long_side_at_most(size: Size, long_side: u32) -> Size {
    scaled(size, (f64::from(long_side) / f64::from(size.long_side())).min(1.0))
}

fn scaled(size: Size, factor: f64) -> Size {
    Size { width: even(f64::from(size.width) * factor), height: even(f64::from(size.height) * factor) }
}

/// The nearest even number: 4:2:0 halves both sides.
// Sides are positive and far below 2^31, so nothing is cut off.
pub(super) fn even(side: f64) -> u32 {
    ((side / 2.0).round() as u32 * 2).max(MIN_SIDE)
}
