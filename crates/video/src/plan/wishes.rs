//! What somebody wants a video to become, within what its source allows.

use serde::{Deserialize, Serialize};

use super::ladder::Rung;
use crate::config::Loudness;

/// Short side of the best rung that is offered for download, in pixels.
const DOWNLOAD_SHORT_SIDE: u32 = 1080;

/// What is wanted; by default everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Short sides of the wanted rungs in pixels; `None` for the whole ladder.
    pub rungs: Option<Vec<u32>>,
    /// Whether there are to be MP4s to download: of every rung that is wanted, or of the best up to 1080p where none is named.
    /// HLS and DASH share their segments, so both are always there.
    pub mp4: bool,
    /// Whether there are to be posters, thumbnails, storyboard and preview.
    pub stills: bool,
    /// Whether the watermark of the settings is drawn; `None` for as they say.
    pub watermark: Option<bool>,
    /// How loud the sound is made; `None` for as the settings say.
    pub loudness: Option<LoudnessWish>,
}

/// A loudness that is wanted for one video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoudnessWish {
    /// As it is.
    Off,
    /// Brought to this.
    At(Loudness),
}

impl Default for Wishes {
    fn default() -> Self {
        Self { rungs: None, mp4: true, stills: true, watermark: None, loudness: None }
    }
}

impl Wishes {
    /// Places of the rungs that get an MP4, the best up to 1080p in front; what is larger than a screen is offered behind it.
    pub(super) fn downloads(&self, rungs: &[Rung]) -> Vec<usize> {
        let is_usual = |index: &usize| rungs[*index].short_side <= DOWNLOAD_SHORT_SIDE;
        let (usual, large): (Vec<usize>, Vec<usize>) = (0..rungs.len()).partition(is_usual);
        let all = if self.mp4 { [usual, large].concat() } else { Vec::new() };
        let named = self.rungs.is_some();
        all.into_iter()
            .filter(|index| named || is_usual(index))
            .take(if named { usize::MAX } else { 1 })
            .collect()
    }

    /// The wanted rungs of a ladder. When the source reaches none of them, it is offered as good as it is.
    pub(super) fn choose(&self, ladder: Vec<Rung>) -> Vec<Rung> {
        let Some(wanted) = &self.rungs else { return ladder };
        let best = ladder.first().cloned();
        let chosen: Vec<Rung> = ladder.into_iter().filter(|rung| wanted.contains(&rung.short_side)).collect();
        if chosen.is_empty() { best.into_iter().collect() } else { chosen }
    }
}
