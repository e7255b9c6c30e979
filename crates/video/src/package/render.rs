//! Every text file of a package at once.

use bytes::Bytes;

use super::{Addressing, Package, master_playlist, media_playlist, mpd, thumbnails_vtt};
use crate::sink::OutputObject;

const HLS_TYPE: &str = "application/vnd.apple.mpegurl";

/// All playlists and manifests with their names and content types, `manifest.json` last: when it is there, all is.
#[must_use]
pub fn render_all(package: &Package, addressing: &Addressing<'_>) -> Vec<OutputObject> {
    let text = |name: String, content_type, text: String| OutputObject {
        name,
        content_type,
        bytes: Bytes::from(text),
    };
    let video = package.video.iter().map(|rendition| &rendition.track);
    let audio = package.audio.iter().map(|rendition| &rendition.track);
    let media = video.chain(audio);
    let mut files: Vec<OutputObject> = media
        .map(|track| text(track.playlist_name(), HLS_TYPE, media_playlist(track, addressing)))
        .collect();
    files.push(text("master.m3u8".to_owned(), HLS_TYPE, master_playlist(package)));
    files.push(text(
        "manifest.mpd".to_owned(),
        "application/dash+xml",
        mpd(package, addressing),
    ));
    if package.thumbnails.is_some() {
        files.push(text(
            "thumbnails.vtt".to_owned(),
            "text/vtt",
            thumbnails_vtt(package, addressing),
        ));
    }
    files.push(text(
        "manifest.json".to_owned(),
        "application/json",
        package.manifest(addressing),
    ));
    files
}
