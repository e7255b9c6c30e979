//! Which outputs a published generation has, as stored in the video's row.

use serde::{Deserialize, Serialize};
use telecine_video::package::{Source, SubtitleRendition, Warning, large_thumbnail_name};
use telecine_video::{Package, THUMBNAIL_SECONDS};

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
    /// Large thumbnails there are, one for each [`THUMBNAIL_SECONDS`]: what a poster can be chosen from.
    pub moments: u32,
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
            moments: package
                .large_thumbnails
                .as_ref()
                .map_or(0, |all| u32::try_from(all.images.len()).unwrap_or(u32::MAX)),
            storyboard: package.storyboard.is_some(),
            preview: package.preview.as_ref().map(|preview| preview.url.clone()),
            thumbhash: package.thumbhash.clone(),
            subtitles: package.subtitles.clone(),
            source: package.source.clone(),
            warnings: package.warnings.clone(),
        }
    }

    /// The picture of this second; `None` where there are none to choose from.
    pub(crate) fn picture_at(&self, second: f64) -> Option<String> {
        let last = self.moments.checked_sub(1)?;
        let index = (second / f64::from(THUMBNAIL_SECONDS)).floor().clamp(0.0, f64::from(last));
        Some(large_thumbnail_name(index as usize))
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn from_json(json: Option<&str>) -> Self {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_by_the_picture_before_it_and_the_end_by_the_last() {
        let outputs = Outputs { moments: 3, ..Outputs::default() };
        for (second, picture) in [(0.0, 0), (3.9, 0), (4.0, 1), (11.0, 2), (500.0, 2)] {
            assert_eq!(
                outputs.picture_at(second),
                Some(format!("thumb_large_{picture:03}.webp")),
                "{second}"
            );
        }
        assert_eq!(Outputs::default().picture_at(1.0), None, "an older release made none");
    }
}
