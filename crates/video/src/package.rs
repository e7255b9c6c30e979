//! What a run has made, as `manifest.json` stores it, and every playlist that can be written from it.
//!
//! The stored manifest is this type in JSON, with names relative to itself. Whatever is delivered later, with plain
//! or with signed addresses, is rendered from it.

mod addressing;
mod dash;
mod hls;
mod offered;
mod pictures;
mod render;
mod source;
mod storyboard;
mod subtitles;
mod thumbnails_vtt;
mod track;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use addressing::Addressing;
pub use dash::mpd;
pub use hls::{master_playlist, media_playlist};
pub use pictures::{Picture, Storyboard, Thumbnails};
pub use render::{render, render_all, render_revision, revised, revision_of};
pub use source::{Source, SourceAudio, SourceVideo};
pub use storyboard::{storyboard_json, storyboard_vtt};
pub(crate) use subtitles::told_apart;
pub use subtitles::{MAX_NAME_CHARS, SubtitleKind, SubtitleRendition, subtitle_name, with_given};
pub use thumbnails_vtt::thumbnails_vtt;
pub use track::{AudioRendition, InitSegment, Rendition, Segment, Track, VideoRendition};
pub(crate) use track::{USUAL_LONGEST_SEGMENT, seconds};

/// The version of the manifest this code writes.
pub const VERSION: u32 = 1;

/// The name of the large thumbnail of this index, as manifests have it.
#[must_use]
pub fn large_thumbnail_name(index: usize) -> String {
    crate::command::large_thumbnail_file(index)
}

/// One complete set of outputs. In JSON all names are camelCase, times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    /// [`VERSION`].
    pub version: u32,
    /// Whether all of it is there. Until then it grows: segments and renditions are added, none is changed or taken away.
    #[serde(default = "yes")]
    pub complete: bool,
    /// When it was looked at, while it grows.
    #[serde(skip)]
    pub as_of: Option<Timestamp>,
    /// Seconds of the longest rendition; while it grows, what it is expected to have.
    pub duration: f64,
    /// Seconds between two cuts, [`SEGMENT_SECONDS`](crate::SEGMENT_SECONDS).
    pub segment_duration: u32,
    /// The rungs, largest first; empty when the source is sound only.
    pub video: Vec<VideoRendition>,
    /// One rendition, or none when the source is silent.
    pub audio: Vec<AudioRendition>,
    /// Words to be shown over the pictures, a WebVTT file each.
    #[serde(default)]
    pub subtitles: Vec<SubtitleRendition>,
    /// Pictures for previews while seeking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<Thumbnails>,
    /// The same pictures larger, in WebP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub large_thumbnails: Option<Thumbnails>,
    /// The same pictures on sheets, for previews with fewer requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storyboard: Option<Storyboard>,
    /// The picture shown before playing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<Picture>,
    /// The same picture in other sizes and formats, largest first.
    #[serde(default)]
    pub posters: Vec<Picture>,
    /// A few seconds without sound in one small MP4, to be shown when somebody points at the poster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<StoredObject>,
    /// The poster in some 25 bytes, as a thumbhash in Base64: what to show before any picture is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbhash: Option<String>,
    /// The whole video in one file, for downloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mp4: Option<Download>,
    /// The same of other rungs, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downloads: Vec<Download>,
    /// What the file was that all this is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What is not perfect about a video that can be played.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// An object of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredObject {
    /// Name relative to the manifest, or an absolute address in a signed copy.
    pub url: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes, in lowercase hexadecimal.
    pub sha256: String,
}

/// The whole video in one file, in the pictures of one rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Download {
    /// Name of the rung for people: `720p`; empty in manifests of earlier versions.
    #[serde(default)]
    pub id: String,
    /// The file.
    #[serde(flatten)]
    pub object: StoredObject,
}

/// Something to tell the owner of a video that is ready all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The decoder met errors and hid them.
    VideoDamaged,
    /// There is a sound track, but nothing in it.
    AudioEmpty,
}

impl Warning {
    /// The name in the manifest and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VideoDamaged => "video_damaged",
            Self::AudioEmpty => "audio_empty",
        }
    }
}

fn yes() -> bool {
    true
}

/// A text that is no manifest this version can read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, or not of this shape.
    #[error("not a manifest")]
    Unreadable(#[from] serde_json::Error),
    /// Written by a later version.
    #[error("manifest version {0} is not known")]
    Version(u32),
}

impl Package {
    /// Reads a stored `manifest.json`.
    ///
    /// # Errors
    /// When the text is no manifest, or one of a later version.
    pub fn from_manifest(json: &[u8]) -> Result<Self, ManifestError> {
        let package: Self = serde_json::from_slice(json)?;
        if package.version != VERSION { Err(ManifestError::Version(package.version)) } else { Ok(package) }
    }

    /// Writes `manifest.json`. With [`Addressing::Relative`] it is the text to be stored.
    #[must_use]
    pub fn manifest(&self, addressing: &Addressing<'_>) -> String {
        // Strings, numbers and vectors of them: there is nothing that JSON cannot hold.
        serde_json::to_string(&self.addressed(addressing)).unwrap_or_default()
    }

    /// What there is now of a package that is still being made: renditions with at least one segment, best first.
    #[must_use]
    pub fn growing(
        renditions: impl IntoIterator<Item = Rendition>,
        expected_duration: Option<f64>,
        now: Timestamp,
    ) -> Self {
        let (mut video, mut audio) = (Vec::new(), Vec::new());
        for rendition in renditions {
            match rendition {
                _ if rendition.track().segments.is_empty() => {}
                Rendition::Video(rendition) => video.push(rendition),
                Rendition::Audio(rendition) => audio.push(rendition),
            }
        }
        video.sort_by_key(|rendition| {
            std::cmp::Reverse((rendition.height.min(rendition.width), rendition.track.bandwidth))
        });
        let so_far = Self::of(video, audio);
        let duration = expected_duration.unwrap_or_default().max(so_far.duration);
        Self { complete: false, as_of: Some(now), duration, ..so_far }
    }

    /// These renditions, whole, and nothing else yet.
    pub(crate) fn of(video: Vec<VideoRendition>, audio: Vec<AudioRendition>) -> Self {
        let tracks = video.iter().map(|rendition| &rendition.track);
        let tracks = tracks.chain(audio.iter().map(|rendition| &rendition.track));
        Self {
            version: VERSION,
            complete: true,
            as_of: None,
            duration: tracks.map(Track::duration).fold(0.0, f64::max),
            segment_duration: crate::SEGMENT_SECONDS,
            video,
            audio,
            subtitles: Vec::new(),
            thumbnails: None,
            large_thumbnails: None,
            storyboard: None,
            poster: None,
            posters: Vec::new(),
            preview: None,
            thumbhash: None,
            mp4: None,
            downloads: Vec::new(),
            source: None,
            warnings: Vec::new(),
        }
    }

    /// The same with the words that people have added, which take the place of the file's own in their language.
    #[must_use]
    pub fn with_subtitles(&self, given: &[SubtitleRendition]) -> Self {
        Self { subtitles: subtitles::with_given(&self.subtitles, given), ..self.clone() }
    }

    /// Every object of the package by name: what must exist before the video is published.
    pub fn objects(&self) -> impl Iterator<Item = &StoredObject> {
        let video = self.video.iter().flat_map(|rendition| rendition.track.objects());
        let audio = self.audio.iter().flat_map(|rendition| rendition.track.objects());
        let words = self.subtitles.iter().map(|rendition| &rendition.object);
        let images =
            self.thumbnails.iter().chain(&self.large_thumbnails).flat_map(|thumbnails| &thumbnails.images);
        let sheets = self.storyboard.iter().flat_map(|storyboard| &storyboard.images);
        let posters = self.poster.iter().chain(&self.posters).map(|poster| &poster.object);
        let pictures = images.chain(sheets).chain(posters);
        let downloads = self.mp4.iter().chain(&self.downloads).map(|download| &download.object);
        video.chain(audio).chain(words).chain(pictures).chain(&self.preview).chain(downloads)
    }

    fn addressed(&self, addressing: &Addressing<'_>) -> Self {
        let mut copy = self.clone();
        let video = copy.video.iter_mut().flat_map(|rendition| rendition.track.objects_mut());
        let audio = copy.audio.iter_mut().flat_map(|rendition| rendition.track.objects_mut());
        let words = copy.subtitles.iter_mut().map(|rendition| &mut rendition.object);
        let images = copy
            .thumbnails
            .iter_mut()
            .chain(&mut copy.large_thumbnails)
            .flat_map(|thumbnails| &mut thumbnails.images);
        let sheets = copy.storyboard.iter_mut().flat_map(|storyboard| &mut storyboard.images);
        let posters = copy.poster.iter_mut().chain(&mut copy.posters).map(|poster| &mut poster.object);
        let pictures = images.chain(sheets).chain(posters);
        let downloads = copy.mp4.iter_mut().chain(&mut copy.downloads);
        let files = copy.preview.iter_mut().chain(downloads.map(|download| &mut download.object));
        for object in video.chain(audio).chain(words).chain(pictures).chain(files) {
            object.url = addressing.address(&object.url, "");
        }
        copy
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
