//! What a growing package offers to players that know HLS and DASH.
//!
//! They expect that all renditions end alike: a playlist that has ended beside one that has not is taken for the whole
//! video (shaka), and a rung that is behind the others makes them wait.

use super::{Package, Track, VideoRendition};

impl Package {
    /// Whether picture and sound are there to the end, in one rendition at least.
    fn has_whole_set(&self) -> bool {
        let has_picture =
            self.video.is_empty() || self.video.iter().any(|rendition| rendition.track.complete);
        has_picture && self.audio.iter().all(|rendition| rendition.track.complete)
    }

    /// The rungs to offer: all that grow, or, as soon as one set is whole, those that are.
    pub(super) fn offered_video(&self) -> impl Iterator<Item = &VideoRendition> {
        let has_whole_set = self.has_whole_set();
        self.video.iter().filter(move |rendition| rendition.track.complete || !has_whole_set)
    }

    /// Whether the playlist of this track may say that it has ended.
    pub(super) fn has_ended(&self, track: &Track) -> bool {
        track.complete && self.has_whole_set()
    }
}
