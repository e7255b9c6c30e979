//! From what was recorded to the package.

use super::encode::Encoded;
use super::pictures::Pictures;
use crate::package::{Download, Package, Warning};

pub(super) fn package(
    encoded: Encoded,
    pictures: Option<Pictures>,
    downloads: Vec<Download>,
    warnings: Vec<Warning>,
) -> Package {
    let package = Package::of(encoded.video, encoded.audio.into_iter().collect());
    let mut downloads = downloads.into_iter();
    let mp4 = downloads.next();
    let package = Package { mp4, downloads: downloads.collect(), warnings, ..package };
    let Some(Pictures { thumbnails, large_thumbnails, storyboard, poster, posters, preview, thumbhash }) =
        pictures
    else {
        return package;
    };
    let (thumbnails, large_thumbnails) = (Some(thumbnails), Some(large_thumbnails));
    let (storyboard, poster) = (Some(storyboard), Some(poster));
    Package { thumbnails, large_thumbnails, storyboard, poster, posters, preview, thumbhash, ..package }
}
