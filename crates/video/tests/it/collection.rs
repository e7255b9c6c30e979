//! The collection of clips: every file of it gives exactly what its README names, measured there.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use telecine_video::package::Warning;

use crate::checks::{check_download, check_objects, check_track};
use crate::support::{Made, collection, media, process};

/// What a file becomes.
enum Outcome {
    Ready(Ready),
    /// It ends with this code, and nothing of it is stored.
    Failed(&'static str),
}

struct Ready {
    /// Sizes of the rungs, largest first.
    rungs: &'static str,
    /// Frames of each rung.
    frames: u64,
    /// Seconds of each segment of pictures.
    segments: &'static [f64],
    /// Seconds of the sound.
    audio: Option<f64>,
    thumbnails: usize,
    warnings: &'static [Warning],
}

const fn ready(
    rungs: &'static str,
    frames: u64,
    segments: &'static [f64],
    audio: Option<f64>,
    thumbnails: usize,
) -> Outcome {
    Outcome::Ready(Ready { rungs, frames, segments, audio, thumbnails, warnings: &[] })
}

const FULL_HD: &str = "1920x1080 1280x720 854x480 640x360";
const ULTRA_HD: &str = "3840x2160 2560x1440 1920x1080 1280x720 854x480 640x360";
const NHD: &str = "640x360";
const HALF_MINUTE: &[f64] = &[4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 2.0];

const TABLE: [(&str, Outcome); 32] = [
    ("bbb_1080p24_5s_aac51.mp4", ready(FULL_HD, 120, &[4.0, 1.0], Some(5.013), 2)),
    ("bbb_480p24_30s_aac51.mp4", ready("854x480 640x360", 720, HALF_MINUTE, Some(30.016), 8)),
    ("avsync_flash_beep_12s.mp4", ready(NHD, 360, &[4.0, 4.0, 4.0], Some(12.0), 3)),
    ("uhd2160_1s.mp4", ready(ULTRA_HD, 30, &[1.0], Some(1.0), 1)),
    ("fps60_360p_44k1.mp4", ready(NHD, 180, &[3.0], Some(3.02), 1)),
    ("two_video_two_audio_subs_2997.mp4", ready(NHD, 150, &[4.004, 1.001], Some(5.0), 2)),
    ("two_audio_langs.mkv", ready(NHD, 72, &[3.0], Some(3.03), 1)),
    ("rotated90_portrait_phone.mp4", ready("480x854 360x640", 72, &[3.0], Some(3.0), 1)),
    ("interlaced_anamorphic_mpeg2.ts", ready("854x480 640x360", 50, &[2.0], Some(2.016), 1)),
    ("vfr_screen_640.mp4", ready(NHD, 179, &[4.0, 1.967], None, 2)),
    ("hdr10_pq_hevc10.mp4", ready(NHD, 48, &[2.0], None, 1)),
    ("alpha_vp9.webm", ready("320x240", 30, &[2.0], None, 1)),
    ("odd_321x243_vp9.webm", ready("432x242", 48, &[2.0], Some(2.007), 1)),
    ("odd_427x241_yuv444.mp4", ready("428x240", 48, &[2.0], None, 1)),
    ("mono22k_mpeg4.avi", ready("320x180", 50, &[2.083], Some(2.064), 1)),
    ("animated.gif", ready("236x134", 30, &[3.0], None, 1)),
    ("no_audio.mp4", ready(NHD, 96, &[4.0], None, 1)),
    ("one_frame.mp4", ready(NHD, 1, &[0.04], None, 1)),
    ("audio_longer_than_video.mp4", ready(NHD, 120, &[4.0], Some(7.012), 1)),
    ("audio_only.m4a", ready("", 0, &[], Some(6.016), 0)),
    ("audio_cover.mp3", ready("", 0, &[], Some(6.0), 0)),
    ("editlist_video_delay500ms.mov", ready(NHD, 108, &[4.5], Some(4.0), 2)),
    ("fragmented.mp4", ready(NHD, 98, &[4.083], Some(4.032), 2)),
    ("ts_start30s.ts", ready(NHD, 97, &[4.042], Some(4.032), 2)),
    (
        "corrupt_bitflips.mp4",
        Outcome::Ready(Ready {
            rungs: NHD,
            frames: 96,
            segments: &[4.0],
            audio: Some(3.95),
            thumbnails: 1,
            warnings: &[Warning::VideoDamaged],
        }),
    ),
    ("zero_bytes.mp4", Outcome::Failed("empty_file")),
    ("truncated_no_moov.mp4", Outcome::Failed("video_truncated")),
    ("truncated_faststart_60pct.mp4", Outcome::Failed("video_truncated")),
    ("gif_16000x16000_bomb.gif", Outcome::Failed("video_too_large")),
    ("evil_hls_ssrf_renamed.mp4", Outcome::Failed("not_media")),
    ("evil_hls_sibling_renamed.mp4", Outcome::Failed("not_media")),
    ("evil_ffconcat_renamed.mp4", Outcome::Failed("not_media")),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_of_the_collection_gives_what_its_readme_names() {
    if let Some(files) = collection() {
        let named: BTreeSet<String> = TABLE.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(files, named, "the collection and the table");
    }
    // The longest run beside all others.
    stream::iter(&TABLE).for_each_concurrent(2, |(name, outcome)| check(name, outcome)).await;
}

async fn check(name: &str, outcome: &Outcome) {
    let Some(input) = media(name) else { return };
    let made = process(&input).await;
    match outcome {
        Outcome::Ready(expected) => check_ready(name, &made.expect(name), expected).await,
        Outcome::Failed(code) => {
            let found = made.err().map(|error| error.code().as_str());
            assert_eq!(found, Some(*code), "{name}");
        }
    }
}

async fn check_ready(name: &str, made: &Made, expected: &Ready) {
    let video = &made.package.video;
    let sizes: Vec<String> = video.iter().map(|rung| format!("{}x{}", rung.width, rung.height)).collect();
    assert_eq!(sizes.join(" "), expected.rungs, "{name}");
    for rung in video {
        check_track(name, made, &rung.track, "v:0").await;
        assert_eq!(rung.track.samples, expected.frames, "{name} {}", rung.track.id);
        let seconds: Vec<f64> =
            rung.track.segments.iter().map(|segment| (segment.duration * 1000.0).round() / 1000.0).collect();
        assert_eq!(seconds, expected.segments, "{name} {}", rung.track.id);
    }
    let audio = made.package.audio.first().map(|audio| &audio.track);
    assert_eq!(audio.is_some(), expected.audio.is_some(), "{name}");
    if let (Some(track), Some(seconds)) = (audio, expected.audio) {
        check_track(name, made, track, "a:0").await;
        assert!((track.duration() - seconds).abs() < 0.03, "{name}: sound of {} s", track.duration());
    }
    check_thumbnails(name, made, expected.thumbnails);
    assert_eq!(made.package.poster.is_some(), !video.is_empty(), "{name}");
    assert_eq!(made.package.warnings, expected.warnings, "{name}");
    check_objects(name, made);
    check_download(name, made).await;
    let is_rising = made.reports.is_sorted() && made.reports.iter().all(|share| (0.0..=1.0).contains(share));
    assert!(is_rising && made.reports.last() == Some(&1.0), "{name}: {:?}", made.reports);
}

/// As many in both sizes, each in its format, and none wider than the smallest rung.
fn check_thumbnails(name: &str, made: &Made, expected: usize) {
    let (small, large) = (&made.package.thumbnails, &made.package.large_thumbnails);
    let widest = made.package.video.last().map_or(0, |rung| rung.width);
    for (thumbnails, mime, width, magic) in [
        (small, "image/jpeg", 320, b"\xff\xd8\xff".as_slice()),
        (large, "image/webp", 640, b"RIFF".as_slice()),
    ] {
        assert_eq!(thumbnails.as_ref().map_or(0, |all| all.images.len()), expected, "{name} {mime}");
        for image in thumbnails.iter().flat_map(|all| &all.images) {
            assert!(made.objects[&image.url].starts_with(magic), "{name} {}", image.url);
        }
        if let Some(all) = thumbnails {
            assert_eq!((all.mime.as_str(), all.width), (mime, width.min(widest)), "{name}");
        }
    }
}
