//! Every clip that must become ready, with the numbers measured for it.

use telecine_video::package::{Addressing, Warning, render_all};

use crate::checks::{check_download, check_objects, check_track};
use crate::support::{Made, media, process, tool_on};

/// One line of the table.
struct Expected {
    name: &'static str,
    rungs: &'static str,
    frames: u64,
    /// Seconds of each segment of pictures.
    segments: &'static [f64],
    /// Seconds of the sound.
    audio: Option<f64>,
    thumbnails: usize,
}

fn row(
    name: &'static str,
    rungs: &'static str,
    frames: u64,
    segments: &'static [f64],
    audio: Option<f64>,
    thumbnails: usize,
) -> Expected {
    Expected { name, rungs, frames, segments, audio, thumbnails }
}

const FULL_HD: &str = "1920x1080 1280x720 854x480 640x360";
const NHD: &str = "640x360";

/// Runs a file of the table; nothing when it is not here.
async fn check(expected: Expected) -> Option<Made> {
    let name = expected.name;
    let made = process(&media(name)?).await.expect(name);
    let video = &made.package.video;
    let sizes: Vec<String> = video.iter().map(|rung| format!("{}x{}", rung.width, rung.height)).collect();
    assert_eq!(sizes.join(" "), expected.rungs, "{name}");
    for rung in video {
        check_track(name, &made, &rung.track, "v:0").await;
        assert_eq!(rung.track.samples, expected.frames, "{name} {}", rung.track.id);
        let seconds: Vec<f64> =
            rung.track.segments.iter().map(|segment| (segment.duration * 1000.0).round() / 1000.0).collect();
        assert_eq!(seconds, expected.segments, "{name} {}", rung.track.id);
    }
    let audio = made.package.audio.first().map(|audio| &audio.track);
    assert_eq!(audio.is_some(), expected.audio.is_some(), "{name}");
    if let (Some(track), Some(seconds)) = (audio, expected.audio) {
        check_track(name, &made, track, "a:0").await;
        assert!((track.duration() - seconds).abs() < 0.03, "{name}: sound of {} s", track.duration());
    }
    let images = made.package.thumbnails.as_ref().map_or(0, |thumbnails| thumbnails.images.len());
    assert_eq!(images, expected.thumbnails, "{name}");
    assert_eq!(made.package.poster.is_some(), !video.is_empty(), "{name}");
    check_objects(name, &made);
    check_download(name, &made).await;
    let is_rising = made.reports.is_sorted() && made.reports.iter().all(|share| (0.0..=1.0).contains(share));
    assert!(is_rising && made.reports.last() == Some(&1.0), "{name}: {:?}", made.reports);
    Some(made)
}

async fn check_all(rows: Vec<Expected>) {
    for expected in rows {
        let name = expected.name;
        if let Some(made) = check(expected).await {
            assert_eq!(made.package.warnings, [], "{name}");
        }
    }
}

#[tokio::test]
async fn films_get_their_whole_ladder_with_equal_cuts() {
    const HALF_MINUTE: &[f64] = &[4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 2.0];
    check_all(vec![
        row("bbb_1080p24_5s_aac51.mp4", FULL_HD, 120, &[4.0, 1.0], Some(5.013), 2),
        row("bbb_480p24_30s_aac51.mp4", "854x480 640x360", 720, HALF_MINUTE, Some(30.016), 8),
        row(
            "uhd2160_1s.mp4",
            "3840x2160 2560x1440 1920x1080 1280x720 854x480 640x360",
            30,
            &[1.0],
            Some(1.0),
            1,
        ),
        row("fps60_360p_44k1.mp4", NHD, 180, &[3.0], Some(3.02), 1),
    ])
    .await;
}

#[tokio::test]
async fn clocks_of_all_kinds_become_a_constant_rate_from_zero() {
    check_all(vec![
        row("two_video_two_audio_subs_2997.mp4", NHD, 150, &[4.004, 1.001], Some(5.0), 2),
        row("two_audio_langs.mkv", NHD, 72, &[3.0], Some(3.03), 1),
        row("vfr_screen_640.mp4", NHD, 179, &[4.0, 1.967], None, 2),
        row("editlist_video_delay500ms.mov", NHD, 108, &[4.5], Some(4.0), 2),
        row("fragmented.mp4", NHD, 98, &[4.083], Some(4.032), 2),
        row("ts_start30s.ts", NHD, 97, &[4.042], Some(4.032), 2),
    ])
    .await;
}

#[tokio::test]
async fn shapes_and_pixels_of_all_kinds_become_even_square_and_8_bit() {
    check_all(vec![
        row("rotated90_portrait_phone.mp4", "480x854 360x640", 72, &[3.0], Some(3.0), 1),
        row("interlaced_anamorphic_mpeg2.ts", "854x480 640x360", 50, &[2.0], Some(2.016), 1),
        row("alpha_vp9.webm", "320x240", 30, &[2.0], None, 1),
        row("odd_321x243_vp9.webm", "432x242", 48, &[2.0], Some(2.007), 1),
        row("odd_427x241_yuv444.mp4", "428x240", 48, &[2.0], None, 1),
        row("mono22k_mpeg4.avi", "320x180", 50, &[2.083], Some(2.064), 1),
        row("animated.gif", "236x134", 30, &[3.0], None, 1),
    ])
    .await;
}

#[tokio::test]
async fn missing_and_extreme_tracks_are_no_failure() {
    check_all(vec![
        row("no_audio.mp4", NHD, 96, &[4.0], None, 1),
        row("one_frame.mp4", NHD, 1, &[0.04], None, 1),
        row("audio_longer_than_video.mp4", NHD, 120, &[4.0], Some(7.012), 1),
        row("audio_only.m4a", "", 0, &[], Some(6.016), 0),
        row("audio_cover.mp3", "", 0, &[], Some(6.0), 0),
    ])
    .await;
}

#[tokio::test]
async fn a_damaged_file_is_ready_with_a_warning() {
    let expected = row("corrupt_bitflips.mp4", NHD, 96, &[4.0], Some(3.95), 1);
    let Some(made) = check(expected).await else { return };
    assert_eq!(made.package.warnings, [Warning::VideoDamaged]);
}

#[tokio::test]
async fn high_dynamic_range_becomes_plain_bt709() {
    let Some(made) = check(row("hdr10_pq_hevc10.mp4", NHD, 48, &[2.0], None, 1)).await else {
        return;
    };
    let args = "-v error -show_entries stream=pix_fmt,color_space,color_transfer,color_primaries -of csv=p=0 file:stream";
    let answer = String::from_utf8(tool_on(&made.stream("v360"), "ffprobe", args).await).expect("text");
    assert_eq!(answer.trim(), "yuv420p,bt709,bt709,bt709");
}

#[tokio::test]
async fn the_first_sound_track_keeps_its_language() {
    let Some(input) = media("two_audio_langs.mkv") else {
        return;
    };
    let made = process(&input).await.expect("ready");
    assert_eq!(made.package.audio[0].language.as_deref(), Some("eng"));
}

#[tokio::test]
async fn a_package_renders_every_playlist_a_player_asks_for() {
    let made =
        process(&media("bbb_1080p24_5s_aac51.mp4").expect("it is in the repository")).await.expect("ready");
    let files = render_all(&made.package, &Addressing::Relative);
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let expected = [
        "v1080/playlist.m3u8",
        "v720/playlist.m3u8",
        "v480/playlist.m3u8",
        "v360/playlist.m3u8",
        "audio/playlist.m3u8",
        "master.m3u8",
        "manifest.mpd",
        "thumbnails.vtt",
        "storyboard.vtt",
        "storyboard.json",
        "manifest.json",
    ];
    assert_eq!(names, expected);
    let first_cuts: Vec<u64> =
        made.package.video.iter().map(|rung| rung.track.segments[1].start_ticks).collect();
    assert!(first_cuts.iter().all(|cut| *cut == first_cuts[0]), "rungs are cut at the same frames");
}
