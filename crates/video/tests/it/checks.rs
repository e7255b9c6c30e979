//! What must hold for every package, whatever the clip.

use sha2::{Digest, Sha256};
use telecine_video::package::{Addressing, Track, VideoRendition, media_playlist};

use crate::boxes::{check_rendition, types};
use crate::support::{Made, tool_on};

/// Boxes agree with the package and the playlist, and the stream decodes to exactly its frames without any error.
pub(crate) async fn check_track(name: &str, made: &Made, track: &Track, stream: &str) {
    assert_eq!(check_rendition(made, track), track.samples, "{name} {}", track.id);
    assert!(track.segments.iter().all(|segment| segment.duration < 5.2), "{name} {}", track.id);
    let playlist = media_playlist(&made.package, track, &Addressing::Relative);
    let listed = playlist
        .lines()
        .filter_map(|line| line.strip_prefix("#EXTINF:")?.strip_suffix(',')?.parse::<f64>().ok());
    for (listed, segment) in listed.zip(&track.segments) {
        assert!((listed - segment.duration).abs() < 0.000_01, "{name}");
    }
    let args = format!("-v error -xerror -i file:stream -map {stream} -f framecrc -");
    let frames =
        String::from_utf8(tool_on(&made.stream(track.folder()), "ffmpeg", &args).await).expect("text");
    let decoded = frames.lines().filter(|line| !line.starts_with('#')).count() as u64;
    assert_eq!(decoded, track.samples, "{name} {} decodes completely", track.id);
}

/// The package names exactly what was stored, with its size and checksum, but for pictures that were copied for the time
/// before there was a ladder.
pub(crate) fn check_objects(name: &str, made: &Made) {
    let mut named: Vec<&str> = made.package.objects().map(|object| object.url.as_str()).collect();
    named.sort_unstable();
    let stored = made.objects.keys().map(String::as_str).filter(|object| !object.starts_with("source/"));
    assert_eq!(named, stored.collect::<Vec<_>>(), "{name}");
    for object in made.package.objects() {
        let bytes = &made.objects[&object.url];
        assert_eq!(
            (object.bytes, object.sha256.as_str()),
            (bytes.len() as u64, hex::encode(Sha256::digest(bytes)).as_str())
        );
    }
}

/// The download file has its index in front and holds all frames of its rung.
pub(crate) async fn check_download(name: &str, made: &Made) {
    let Some(rung) = made.package.video.iter().find(|rung| rung.width.min(rung.height) <= 1080) else {
        return;
    };
    check_mp4(name, made, rung, "video.mp4").await;
}

/// An MP4 of a rung.
pub(crate) async fn check_mp4(name: &str, made: &Made, rung: &VideoRendition, file: &str) {
    let mp4 = &made.objects[file];
    let order = types(mp4);
    let place = |kind: &str| order.iter().position(|found| found == kind).unwrap_or(usize::MAX);
    assert!(place("moov") < place("mdat"), "{name}: {order:?}");
    let args = "-v error -select_streams v:0 -count_packets -show_entries stream=width,nb_read_packets -of csv=p=0 file:stream";
    let answer = String::from_utf8(tool_on(mp4, "ffprobe", args).await).expect("text");
    assert_eq!(answer.trim(), format!("{},{}", rung.width, rung.track.samples), "{name}");
}
