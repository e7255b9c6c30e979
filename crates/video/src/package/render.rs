//! Every text file of a package at once.

use bytes::Bytes;

use super::{
    Addressing, Package, Track, master_playlist, media_playlist, mpd, storyboard_json, storyboard_vtt,
    thumbnails_vtt,
};
use crate::sink::OutputObject;

const HLS_TYPE: &str = "application/vnd.apple.mpegurl";

/// All playlists and manifests with their names and content types, `manifest.json` last: when it is there, all is.
#[must_use]
pub fn render_all(package: &Package, addressing: &Addressing<'_>) -> Vec<OutputObject> {
    names(package).iter().filter_map(|name| render(package, addressing, name)).collect()
}

/// The playlist or manifest called `name`; `None` when the package has none of that name.
#[must_use]
pub fn render(package: &Package, addressing: &Addressing<'_>, name: &str) -> Option<OutputObject> {
    let (content_type, text) = match name {
        "master.m3u8" => (HLS_TYPE, master_playlist(package)),
        "manifest.mpd" => ("application/dash+xml", mpd(package, addressing)),
        "manifest.json" => ("application/json", package.manifest(addressing)),
        "thumbnails.vtt" if package.thumbnails.is_some() => ("text/vtt", thumbnails_vtt(package, addressing)),
        "storyboard.vtt" if package.storyboard.is_some() => ("text/vtt", storyboard_vtt(package, addressing)),
        "storyboard.json" if package.storyboard.is_some() => {
            ("application/json", storyboard_json(package, addressing))
        }
        name => {
            let track = tracks(package).find(|track| track.playlist_name() == name)?;
            (HLS_TYPE, media_playlist(package, track, addressing))
        }
    };
    Some(OutputObject { name: name.to_owned(), content_type, bytes: Bytes::from(text) })
}

fn names(package: &Package) -> Vec<String> {
    let mut names: Vec<String> = tracks(package).map(Track::playlist_name).collect();
    names.extend(["master.m3u8", "manifest.mpd"].map(str::to_owned));
    names.extend(package.thumbnails.iter().map(|_| "thumbnails.vtt".to_owned()));
    let storyboard = ["storyboard.vtt", "storyboard.json"];
    names.extend(package.storyboard.iter().flat_map(|_| storyboard.map(str::to_owned)));
    names.push("manifest.json".to_owned());
    names
}

fn tracks(package: &Package) -> impl Iterator<Item = &Track> {
    let video = package.video.iter().map(|rendition| &rendition.track);
    video.chain(package.audio.iter().map(|rendition| &rendition.track))
}
