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
    pub(crate) fn without_copy(&self) -> Self {
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
            return vec![Pass { pictures: Pictures::Rungs(0..0), sound: true, stills: false, subtitles }];
        };
        let (sound, all) = (self.audio.is_some(), video.rungs.len());
        let first = |pictures| Pass { pictures, sound, stills: false, subtitles: false };
        let rest = |rungs| Pass {
            pictures: Pictures::Rungs(rungs),
            sound: false,
            stills: self.has_stills,
            subtitles,
        };
        match all {
            _ if video.copy.is_some() => {
                vec![first(Pictures::Copied), rest(0..all)]
            }
            1 => vec![Pass { sound, ..rest(0..1) }],
            _ => {
                let lowest = all - 1;
                vec![first(Pictures::Rungs(lowest..all)), rest(0..lowest)]
            }
        }
    }
}
