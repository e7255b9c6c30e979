//! From what was recorded to the package.

use super::encode::Encoded;
use super::pictures::Pictures;
use crate::SEGMENT_SECONDS;
use crate::package::{Package, StoredObject, VERSION, Warning};

pub(super) fn package(
    encoded: Encoded,
    pictures: Option<Pictures>,
    mp4: Option<StoredObject>,
    warnings: Vec<Warning>,
) -> Package {
    let tracks = encoded.video.iter().map(|rendition| &rendition.track);
    let tracks = tracks.chain(encoded.audio.iter().map(|rendition| &rendition.track));
    let duration = tracks.map(|track| track.duration()).fold(0.0, f64::max);
    let mut package = Package {
        version: VERSION,
        complete: true,
        duration,
        segment_duration: SEGMENT_SECONDS,
        video: encoded.video,
        audio: encoded.audio.into_iter().collect(),
        thumbnails: None,
        storyboard: None,
        poster: None,
        posters: Vec::new(),
        preview: None,
        thumbhash: None,
        mp4,
        warnings,
    };
    if let Some(Pictures { thumbnails, storyboard, poster, posters, preview, thumbhash }) = pictures {
        (package.thumbnails, package.storyboard, package.poster) =
            (Some(thumbnails), Some(storyboard), Some(poster));
        (package.posters, package.preview, package.thumbhash) = (posters, preview, thumbhash);
    }
    package
}
