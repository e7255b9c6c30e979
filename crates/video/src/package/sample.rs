//! A small package for tests: two rungs of 9 s at 29.97 frames, sound of 9.024 s, three thumbnails.

use super::{
    AudioRendition, Download, InitSegment, Package, Picture, Segment, StoredObject, Storyboard, SubtitleKind,
    SubtitleRendition, Thumbnails, Track, USUAL_LONGEST_SEGMENT, VERSION, VideoRendition, Warning,
};

fn object(url: &str, bytes: u64) -> StoredObject {
    StoredObject { url: url.to_owned(), bytes, sha256: "0f".repeat(32) }
}

fn track(folder: &str, id: &str, kind: &str, timescale: u32, segments: &[(u64, u64)]) -> Track {
    let codecs = if kind == "audio" { "mp4a.40.2" } else { "avc1.64001f" };
    let mut track = Track {
        id: id.to_owned(),
        mime: format!("{kind}/mp4"),
        codecs: codecs.to_owned(),
        bandwidth: 0,
        average_bandwidth: 0,
        complete: true,
        longest_segment: USUAL_LONGEST_SEGMENT,
        timescale,
        samples: 0,
        init: InitSegment(object(&format!("{folder}/init.mp4"), 800)),
        segments: Vec::new(),
    };
    let mut start = 0;
    for (index, (duration, bytes)) in segments.iter().enumerate() {
        let object = object(&format!("{folder}/seg_{index:03}.m4s"), *bytes);
        track.push(Segment::new(object, start, *duration, 90, timescale));
        start += duration;
    }
    track
}

fn picture(url: &str, mime: &str, width: u32, height: u32) -> Picture {
    Picture { object: object(url, 90_000), mime: mime.to_owned(), width, height }
}

/// The package.
pub(crate) fn package() -> Package {
    let rung = |short: u32, width: u32, bytes: u64| VideoRendition {
        track: track(
            &format!("v{short}"),
            &format!("{short}p"),
            "video",
            30_000,
            &[(120_120, bytes), (120_120, bytes / 2), (30_030, 9000)],
        ),
        width,
        height: short,
        frame_rate: "30000/1001".parse().expect("a rate"),
    };
    Package {
        version: VERSION,
        complete: true,
        as_of: None,
        duration: 9.024,
        segment_duration: 4,
        video: vec![rung(720, 1280, 1_000_000), rung(360, 640, 300_000)],
        audio: vec![AudioRendition {
            track: track(
                "audio",
                "audio",
                "audio",
                48_000,
                &[(196_608, 64_000), (196_608, 64_000), (39_936, 13_000)],
            ),
            language: Some("eng".to_owned()),
            channels: 2,
            sample_rate: 48_000,
        }],
        subtitles: Vec::new(),
        source: None,
        thumbnails: Some(Thumbnails {
            interval: 4,
            mime: "image/jpeg".to_owned(),
            width: 320,
            height: 180,
            images: (0..3).map(|index| object(&format!("thumb_{index:03}.jpg"), 5000)).collect(),
        }),
        large_thumbnails: None,
        storyboard: Some(Storyboard {
            interval: 4,
            width: 160,
            height: 90,
            columns: 2,
            rows: 1,
            tiles: 3,
            images: (0..2).map(|index| object(&format!("storyboard_{index:03}.jpg"), 9000)).collect(),
        }),
        poster: Some(picture("poster.jpg", "image/jpeg", 1280, 720)),
        posters: vec![picture("poster_640.webp", "image/webp", 640, 360)],
        preview: Some(object("preview.mp4", 60_000)),
        thumbhash: Some("1QcSHQRnh493V4dIh4eXh1h4kJUI".to_owned()),
        mp4: Some(Download { id: "720p".to_owned(), object: object("video.mp4", 2_000_000) }),
        downloads: vec![Download { id: "360p".to_owned(), object: object("video_360p.mp4", 1_000_000) }],
        warnings: vec![Warning::VideoDamaged],
    }
}

/// Words of this name and language.
pub(crate) fn words(url: &str, language: &str, name: &str) -> SubtitleRendition {
    SubtitleRendition {
        object: object(url, 1000),
        language: language.to_owned(),
        name: name.to_owned(),
        kind: SubtitleKind::Subtitles,
        is_default: false,
        is_forced: false,
    }
}
