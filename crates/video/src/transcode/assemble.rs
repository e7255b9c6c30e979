//! From what was recorded to the package.

use super::encode::Encoded;
use super::pictures::Pictures;
use crate::package::{Package, StoredObject, Warning};

pub(super) fn package(
    encoded: Encoded,
    pictures: Option<Pictures>,
    mp4: Option<StoredObject>,
    warnings: Vec<Warning>,
) -> Package {
    let package = Package::of(encoded.video, encoded.audio.into_iter().collect());
    let package = Package { mp4, warnings, ..package };
    let Some(Pictures { thumbnails, storyboard, poster, posters, preview, thumbhash }) = pictures else {
        return package;
    };
    let (thumbnails, storyboard, poster) = (Some(thumbnails), Some(storyboard), Some(poster));
    Package { thumbnails, storyboard, poster, posters, preview, thumbhash, ..package }
}
