//! Chunks: pieces of a long video that several machines encode at the same time.

use serde::{Deserialize, Serialize};

use super::{Pass, Plan, Rung, Seek, Until, VideoPlan};
use crate::SEGMENT_SECONDS;
use crate::probe::Rate;

/// Chunks for each machine: more of them even out how long they take, and each begins with a download of the file.
const CHUNKS_PER_MACHINE: usize = 2;

/// A chunk has at least so many segments: the start of one costs some seconds of decoding, and the film's last segment may be
/// folded into the one before it.
const MIN_SEGMENTS: usize = 2;

/// Seconds that are decoded before a cut.
const PREROLL_SECONDS: f64 = 2.0;

/// From one cut to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Segments before it.
    pub from: usize,
    /// Segments before its end; `None` for the end of the video.
    pub to: Option<usize>,
}

impl Plan {
    /// The chunks for so many machines, each of `least_seconds` at least. None where a video cannot be split: a decoder
    /// has to find every cut, sound and the first rendition are made as a whole, and a picture that is held for long has no
    /// cuts to find.
    #[must_use]
    pub fn split(&self, machines: usize, least_seconds: f64) -> Vec<Chunk> {
        let Some((video, seconds)) = self.video.as_ref().and_then(|video| Some((video, video.duration?)))
        else {
            return Vec::new();
        };
        let can_split = video.is_indexed
            && !video.is_variable_rate
            && video.hold_seconds.is_none()
            && self.passes().len() > 1;
        if !can_split || machines < 2 {
            return Vec::new();
        }
        let segment = f64::from(SEGMENT_SECONDS);
        // At most some hundred thousand: the length of a video has a limit.
        let (segments, least) = ((seconds / segment) as usize, (least_seconds / segment).ceil() as usize);
        let length = segments.div_ceil(machines * CHUNKS_PER_MACHINE).max(least).max(MIN_SEGMENTS);
        let mut starts: Vec<usize> = (0..segments).step_by(length).collect();
        if starts.last().is_some_and(|start| segments - start < length.div_ceil(2).max(MIN_SEGMENTS)) {
            starts.pop();
        }
        if starts.len() < 2 {
            return Vec::new();
        }
        let ends = starts.iter().skip(1).copied().map(Some).chain([None]);
        starts.iter().zip(ends).map(|(&from, to)| Chunk { from, to }).collect()
    }

    /// Segments of the video, as far as its length is known.
    #[must_use]
    pub fn segments(&self) -> u32 {
        let seconds = self.video.as_ref().and_then(|video| video.duration).unwrap_or_default();
        (seconds / f64::from(SEGMENT_SECONDS)).ceil() as u32
    }

    /// The folder of the largest rung.
    #[must_use]
    pub fn largest_rung(&self) -> Option<String> {
        self.video.as_ref().and_then(|video| video.rungs.first()).map(Rung::folder)
    }

    /// The pass whose pictures are made in chunks: the last one, without what is made of the whole film.
    pub(crate) fn pass_of_chunks(&self) -> Option<Pass> {
        let last = self.passes().pop()?;
        Some(Pass { sound: false, stills: false, subtitles: false, ..last })
    }
}

impl Chunk {
    /// Where to start when so many of its segments are stored already; `None` when all of them are.
    pub(crate) fn seek(self, video: &VideoPlan, stored: usize) -> Option<Seek> {
        let until = self
            .to
            .map(|to| Until { frame: frames_before(video.rate, to), seconds: start_of(video.rate, to) });
        let segments = self.from + stored;
        self.to.is_none_or(|to| segments < to).then(|| Seek {
            until,
            base: self.from,
            ..video.seek(segments)
        })
    }

    /// Frames of so many of its segments; all but the last of a video are whole.
    pub(crate) fn frames(self, rate: Rate, segments: usize) -> u64 {
        frames_before(rate, self.from + segments) - frames_before(rate, self.from)
    }
}

impl VideoPlan {
    /// A start at the cut after so many segments.
    pub(crate) fn seek(&self, segments: usize) -> Seek {
        let seconds = start_of(self.rate, segments);
        let is_near = self.is_indexed && !self.is_variable_rate;
        let decoded_from = if is_near { (seconds - PREROLL_SECONDS).max(0.0) } else { 0.0 };
        let frame = frames_before(self.rate, segments);
        Seek { segments, frame, seconds, decoded_from, until: None, base: 0 }
    }
}

/// Frames before a cut, which is at the first frame at or after each multiple of 4 s.
pub(crate) fn frames_before(rate: Rate, segments: usize) -> u64 {
    let seconds = u64::try_from(segments).unwrap_or(u64::MAX).saturating_mul(u64::from(SEGMENT_SECONDS));
    seconds.saturating_mul(u64::from(rate.numerator)).div_ceil(u64::from(rate.denominator).max(1))
}

/// Seconds before a cut.
// Exact up to 2^53 frames.
fn start_of(rate: Rate, segments: usize) -> f64 {
    frames_before(rate, segments) as f64 * f64::from(rate.denominator) / f64::from(rate.numerator.max(1))
}
