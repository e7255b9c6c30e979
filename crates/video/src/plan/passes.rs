//! In how many runs the outputs are made, and what each makes: first what can be played soonest, then the rest.

use std::ops::Range;

use super::{Plan, VideoPlan};

/// One run of the encoder over the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Which pictures it makes.
    pub pictures: Pictures,
    /// Whether it makes the sound.
    pub sound: bool,
    /// Whether it takes thumbnails and the poster.
    pub stills: bool,
    /// Whether the rungs are encoded, and not just scaled for the stills.
    pub encodes: bool,
    /// Whether it takes the words: in the last pass, because nobody waits for them.
    pub subtitles: bool,
}

/// The pictures of a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pictures {
    /// The source's own, copied.
    Copied,
    /// These rungs of the plan, scaled one from the other; none for sound only.
    Rungs(Range<usize>),
}

impl Plan {
    /// The same for pictures that turned out not to be fit for copying.
    #[must_use]
    pub fn without_copy(&self) -> Self {
        let mut plan = self.clone();
        plan.video = plan.video.map(|video| VideoPlan { copy: None, ..video });
        plan
    }

    /// The passes, in order. Pictures that can be copied are there at once, in their full quality. Others get their lowest
    /// rung first, which a machine makes several times as fast as it plays; the other rungs follow in one more pass, so that
    /// only decoding is done twice.
    #[must_use]
    pub fn passes(&self) -> Vec<Pass> {
        let subtitles = !self.subtitles.is_empty();
        let Some(video) = &self.video else {
            let pictures = Pictures::Rungs(0..0);
            return vec![Pass { pictures, sound: true, stills: false, encodes: true, subtitles }];
        };
        let (sound, all) = (self.audio.is_some(), video.rungs.len());
        let first = |pictures, encodes| Pass { pictures, sound, stills: false, encodes, subtitles: false };
        let rest = |rungs| Pass {
            pictures: Pictures::Rungs(rungs),
            sound: false,
            stills: self.has_stills,
            encodes: true,
            subtitles,
        };
        match all {
            _ if video.copy.is_some() => {
                vec![first(Pictures::Copied, false), rest(0..all)]
            }
            1 => vec![Pass { sound, ..rest(0..1) }],
            _ => {
                let lowest = all - 1;
                vec![first(Pictures::Rungs(lowest..all), true), rest(0..lowest)]
            }
        }
    }

    /// Whether the first pass takes seconds, and not a good part of the whole work.
    #[must_use]
    pub fn begins_quickly(&self) -> bool {
        let seconds = self.video.as_ref().and_then(|video| video.duration).or(self.file_duration);
        let is_copied = self.video.as_ref().is_none_or(|video| video.copy.is_some());
        is_copied || seconds.is_some_and(|seconds| seconds <= QUICK_SECONDS)
    }
}

/// A lowest rung of so much takes a small machine some ten seconds.
const QUICK_SECONDS: f64 = 120.0;

/// The frame before which a run ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Until {
    /// Frames before it.
    pub frame: u64,
    /// Seconds before it.
    pub seconds: f64,
}

/// Where a pass goes on that was cut off: at a cut, which is at the same frame in all its rungs.
#[derive(Debug, Clone, PartialEq)]
pub struct Seek {
    /// Segments before it.
    pub segments: usize,
    /// Frames before it.
    pub frame: u64,
    /// Seconds before it.
    pub seconds: f64,
    /// Where the run is to end, if that is before the end of the video: at another cut.
    pub until: Option<Until>,
    /// The chunk that is being made starts after so many segments; 0 where it is the whole video.
    pub base: usize,
    /// Seconds from the start of the video at which decoding starts: a little earlier, so that filters have seen what comes
    /// before the cut. 0 where the decoder cannot be sent to a time, or where frames may be far from each other: decoding is
    /// the small part of the work.
    pub decoded_from: f64,
}
