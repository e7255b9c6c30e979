//! `thumbnails.vtt` (WebVTT): which picture to show for which time, as players read it.

use std::fmt::Write as _;

use super::{Addressing, Package};

/// One cue per thumbnail; without thumbnails a valid file without cues.
#[must_use]
pub fn thumbnails_vtt(package: &Package, addressing: &Addressing<'_>) -> String {
    let mut text = "WEBVTT\n".to_owned();
    let Some(thumbnails) = &package.thumbnails else {
        return text;
    };
    let interval_ms = u64::from(thumbnails.interval) * 1000;
    let mut start = 0;
    for (index, image) in thumbnails.images.iter().enumerate() {
        let is_last = index + 1 == thumbnails.images.len();
        let end = if is_last { duration_ms(package).max(start + 1) } else { start + interval_ms };
        let address = addressing.address(&image.url, "");
        let _ = write!(text, "\n{} --> {}\n{address}\n", clock(start), clock(end));
        start = end;
    }
    text
}

// A duration of hours in milliseconds, not negative.
pub(super) fn duration_ms(package: &Package) -> u64 {
    (package.duration * 1000.0).round() as u64
}

pub(super) fn clock(ms: u64) -> String {
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}
