//! What somebody wants a video to become, within what its source allows.

use serde::{Deserialize, Serialize};

use super::ladder::Rung;
use crate::config::Loudness;

/// What is wanted; by default everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Short sides of the wanted rungs in pixels; `None` for the whole ladder.
    pub rungs: Option<Vec<u32>>,
    /// Whether there is to be an MP4 to download. HLS and DASH share their segments, so both are always there.
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
    /// The wanted rungs of a ladder. When the source reaches none of them, it is offered as good as it is.
    pub(super) fn choose(&self, ladder: Vec<Rung>) -> Vec<Rung> {
        let Some(wanted) = &self.rungs else { return ladder };
        let best = ladder.first().cloned();
        let chosen: Vec<Rung> = ladder.into_iter().filter(|rung| wanted.contains(&rung.short_side)).collect();
        if chosen.is_empty() { best.into_iter().collect() } else { chosen }
    }
}
