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
        let Some(video) = &self.video else {
            return vec![Pass { pictures: Pictures::Rungs(0..0), sound: true, stills: false }];
        };
        let (sound, all) = (self.audio.is_some(), video.rungs.len());
        let rest = |rungs| Pass { pictures: Pictures::Rungs(rungs), sound: false, stills: self.has_stills };
        match all {
            _ if video.copy.is_some() => {
                vec![Pass { pictures: Pictures::Copied, sound, stills: false }, rest(0..all)]
            }
            1 => vec![Pass { sound, ..rest(0..1) }],
            _ => {
                let lowest = all - 1;
                let first = Pass { pictures: Pictures::Rungs(lowest..all), sound, stills: false };
                vec![first, rest(0..lowest)]
            }
        }
    }
}
