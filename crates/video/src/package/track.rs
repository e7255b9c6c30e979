//! Renditions: one stream of segments each.

use serde::{Deserialize, Serialize};

use super::StoredObject;
use crate::probe::Rate;

/// What pictures and sound have in common: an init segment and media segments on one time scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Track {
    /// Name for people: `1080p`, `audio`.
    pub id: String,
    /// `video/mp4` or `audio/mp4`.
    pub mime: String,
    /// The codec string of RFC 6381.
    pub codecs: String,
    /// Bits per second of the most expensive segment.
    pub bandwidth: u64,
    /// Bits per second over the whole rendition.
    pub average_bandwidth: u64,
    /// Whether all of it is there; while it grows, players ask again.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub complete: bool,
    /// Seconds that no segment is longer than, rounded; known before the first one is.
    #[serde(default = "usual_longest")]
    pub longest_segment: u32,
    /// Ticks per second of all ticks below.
    pub timescale: u32,
    /// Samples of the whole rendition; for pictures, frames.
    pub samples: u64,
    /// Name of the init segment relative to the manifest, or its address.
    #[serde(flatten)]
    pub init: InitSegment,
    /// The media segments in order.
    pub segments: Vec<Segment>,
}

/// A segment has 4 s, and a short tail may be folded into the last one.
pub(crate) const USUAL_LONGEST_SEGMENT: u32 = crate::SEGMENT_SECONDS + 1;

fn usual_longest() -> u32 {
    USUAL_LONGEST_SEGMENT
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_true(value: &bool) -> bool {
    *value
}

/// The init segment. Its address stands in the manifest as plain `init`, as players expect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatInit", into = "FlatInit")]
pub struct InitSegment(pub StoredObject);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FlatInit {
    init: String,
    init_bytes: u64,
    init_sha256: String,
}

impl From<FlatInit> for InitSegment {
    fn from(flat: FlatInit) -> Self {
        Self(StoredObject { url: flat.init, bytes: flat.init_bytes, sha256: flat.init_sha256 })
    }
}

impl From<InitSegment> for FlatInit {
    fn from(InitSegment(object): InitSegment) -> Self {
        Self { init: object.url, init_bytes: object.bytes, init_sha256: object.sha256 }
    }
}

/// A media segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    /// The stored object.
    #[serde(flatten)]
    pub object: StoredObject,
    /// Seconds from the start of the video; the ticks are exact.
    pub start: f64,
    /// Seconds; the ticks are exact.
    pub duration: f64,
    /// Decode time of the first sample in ticks.
    pub start_ticks: u64,
    /// Sum of the sample durations in ticks.
    pub duration_ticks: u64,
    /// Samples in it; for pictures, frames. 0 in manifests of earlier versions.
    #[serde(default)]
    pub samples: u64,
}

/// A rendition of either kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Rendition {
    /// Pictures.
    Video(VideoRendition),
    /// Sound.
    Audio(AudioRendition),
}

impl Rendition {
    /// Its stream.
    #[must_use]
    pub fn track(&self) -> &Track {
        match self {
            Self::Video(rendition) => &rendition.track,
            Self::Audio(rendition) => &rendition.track,
        }
    }

    /// Its stream, to be changed.
    pub fn track_mut(&mut self) -> &mut Track {
        match self {
            Self::Video(rendition) => &mut rendition.track,
            Self::Audio(rendition) => &mut rendition.track,
        }
    }
}

/// One rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VideoRendition {
    /// The stream.
    #[serde(flatten)]
    pub track: Track,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Frames per second, such as `30000/1001`.
    pub frame_rate: Rate,
}

/// The sound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioRendition {
    /// The stream.
    #[serde(flatten)]
    pub track: Track,
    /// Language tag, where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Channels: 2.
    pub channels: u32,
    /// Samples per second: 48 000.
    pub sample_rate: u32,
}

impl Segment {
    /// A segment from exact times.
    #[must_use]
    pub fn new(
        object: StoredObject,
        start_ticks: u64,
        duration_ticks: u64,
        samples: u64,
        timescale: u32,
    ) -> Self {
        let (start, duration) = (seconds(start_ticks, timescale), seconds(duration_ticks, timescale));
        Self { object, start, duration, start_ticks, duration_ticks, samples }
    }

    /// Bits per second, rounded up.
    fn bandwidth(&self, timescale: u32) -> u64 {
        bits_per_second(self.object.bytes, self.duration_ticks, timescale)
    }
}

impl Track {
    /// Adds the next segment.
    pub fn push(&mut self, segment: Segment) {
        self.samples += segment.samples;
        self.bandwidth = self.bandwidth.max(segment.bandwidth(self.timescale));
        self.segments.push(segment);
        let bytes = self.segments.iter().map(|segment| segment.object.bytes).sum();
        self.average_bandwidth = bits_per_second(bytes, self.duration_ticks(), self.timescale);
    }

    /// Sum of the segments in ticks.
    #[must_use]
    pub fn duration_ticks(&self) -> u64 {
        self.segments.iter().map(|segment| segment.duration_ticks).sum()
    }

    /// Sum of the segments in seconds.
    #[must_use]
    pub fn duration(&self) -> f64 {
        seconds(self.duration_ticks(), self.timescale)
    }

    /// The folder of the stream: `v1080`, `audio`. Only in a package with relative names.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.init.0.url.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// The name of its HLS playlist relative to the manifest.
    #[must_use]
    pub fn playlist_name(&self) -> String {
        format!("{}/playlist.m3u8", self.folder())
    }

    pub(crate) fn objects(&self) -> impl Iterator<Item = &StoredObject> {
        std::iter::once(&self.init.0).chain(self.segments.iter().map(|segment| &segment.object))
    }

    pub(super) fn objects_mut(&mut self) -> impl Iterator<Item = &mut StoredObject> {
        std::iter::once(&mut self.init.0).chain(self.segments.iter_mut().map(|segment| &mut segment.object))
    }
}

fn bits_per_second(bytes: u64, ticks: u64, timescale: u32) -> u64 {
    let bits = u128::from(bytes) * 8 * u128::from(timescale);
    u64::try_from(bits.div_ceil(u128::from(ticks.max(1)))).unwrap_or(u64::MAX)
}

/// Ticks as seconds.
// Exact up to 2^53 ticks, which are more than five thousand years at 48 kHz.
pub(crate) fn seconds(ticks: u64, timescale: u32) -> f64 {
    ticks as f64 / f64::from(timescale)
}
