//! Which outputs a published generation has, as stored in the video's row.

use serde::{Deserialize, Serialize};
use telecine_video::Package;
use telecine_video::package::{Source, SubtitleRendition, Warning};

/// Names of the outputs that not every video has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outputs {
    /// Heights of the video renditions, best first, such as `1080p`; empty for audio.
    pub renditions: Vec<String>,
    /// The MP4 to download.
    pub mp4: Option<String>,
    /// MP4s by the names of their rungs, such as `720p`, the one above first.
    pub downloads: Vec<(String, String)>,
    /// The poster.
    pub poster: Option<String>,
    /// Whether there are thumbnails and their WebVTT.
    pub thumbnails: bool,
    /// Whether there is a storyboard with its WebVTT and JSON.
    pub storyboard: bool,
    /// A few seconds without sound.
    pub preview: Option<String>,
    /// A placeholder for the poster.
    pub thumbhash: Option<String>,
    /// The file's own subtitles.
    pub subtitles: Vec<SubtitleRendition>,
    /// What the file was.
    pub source: Option<Source>,
    /// What is not perfect, such as `video_damaged`.
    pub warnings: Vec<Warning>,
}

impl Outputs {
    pub(crate) fn of(package: &Package) -> Self {
        Self {
            renditions: package.video.iter().map(|rendition| rendition.track.id.clone()).collect(),
            mp4: package.mp4.as_ref().map(|mp4| mp4.object.url.clone()),
            downloads: package
                .mp4
                .iter()
                .chain(&package.downloads)
                .map(|mp4| (mp4.id.clone(), mp4.object.url.clone()))
                .collect(),
            poster: package.poster.as_ref().map(|poster| poster.object.url.clone()),
            thumbnails: package.thumbnails.is_some(),
            storyboard: package.storyboard.is_some(),
            preview: package.preview.as_ref().map(|preview| preview.url.clone()),
            thumbhash: package.thumbhash.clone(),
            subtitles: package.subtitles.clone(),
            source: package.source.clone(),
            warnings: package.warnings.clone(),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn from_json(json: Option<&str>) -> Self {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}
