//! What clips of special kinds become, beside what the collection names for each.

use telecine_video::package::{Addressing, render_all};

use crate::support::{media, process, tool_on};

#[tokio::test]
async fn high_dynamic_range_becomes_plain_bt709() {
    let Some(input) = media("hdr10_pq_hevc10.mp4") else { return };
    let made = process(&input).await.expect("ready");
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
