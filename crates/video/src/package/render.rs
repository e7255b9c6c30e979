//! Every text file of a package at once.

use bytes::Bytes;

use super::hls::subtitles_playlist;
use super::{
    Addressing, Package, SubtitleRendition, Track, master_playlist, media_playlist, mpd, storyboard_json,
    storyboard_vtt, thumbnails_vtt,
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
            let track = tracks(package).find(|track| track.playlist_name() == name);
            let words = package.subtitles.iter().find(|words| words.playlist_name() == name);
            let of_track = track.map(|track| media_playlist(package, track, addressing));
            let of_words = words.map(|words| subtitles_playlist(words, package.duration, addressing));
            (HLS_TYPE, of_track.or(of_words)?)
        }
    };
    Some(OutputObject { name: name.to_owned(), content_type, bytes: Bytes::from(text) })
}

/// The documents that name every rendition, and so change with the words that people add; `manifest.json` last.
const REVISED: [&str; 3] = ["master.m3u8", "manifest.mpd", "manifest.json"];

/// The name of such a document that knows this revision of the words, such as `master.r3.m3u8`; the plain one for 0.
#[must_use]
pub fn revised(name: &str, revision: i64) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if revision > 0 => format!("{stem}.r{revision}.{extension}"),
        _ => name.to_owned(),
    }
}

/// The revision that a document of this name knows; `None` for every other name.
#[must_use]
pub fn revision_of(name: &str) -> Option<i64> {
    REVISED.iter().find_map(|plain| {
        let (stem, extension) = plain.rsplit_once('.')?;
        let number =
            name.strip_prefix(stem)?.strip_prefix(".r")?.strip_suffix(extension)?.strip_suffix('.')?;
        number.parse().ok().filter(|revision| revised(plain, *revision) == name)
    })
}

/// What is written when words are added to a package that is stored: the playlists of those words under their own names,
/// and the documents of this revision.
#[must_use]
pub fn render_revision(package: &Package, revision: i64) -> Vec<OutputObject> {
    let of = |name: &str| render(package, &Addressing::Relative, name);
    let given = package.subtitles.iter().filter(|words| words.object.url.starts_with("../"));
    let playlists = given.filter_map(|words| of(&words.playlist_name()));
    let documents =
        REVISED.iter().filter_map(|name| Some(OutputObject { name: revised(name, revision), ..of(name)? }));
    playlists.chain(documents).collect()
}

fn names(package: &Package) -> Vec<String> {
    let mut names: Vec<String> = tracks(package).map(Track::playlist_name).collect();
    names.extend(package.subtitles.iter().map(SubtitleRendition::playlist_name));
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
