//! Our outputs in players and parsers that others have written, and the facts in their boxes that such players rely on.

use std::path::Path;

use serde_json::json;
use telecine_tests::boxes;
use telecine_tests::client::{Client, resolve, text};
use telecine_tests::media;

use super::browser::{can_run, run};
use crate::home;

/// A ladder, two rungs of half a minute, pictures alone, sound alone, and a clock that starts late.
const VIDEOS: [&str; 5] = [
    "bbb_1080p24_5s_aac51.mp4",
    "bbb_480p24_30s_aac51.mp4",
    "no_audio.mp4",
    "audio_only.m4a",
    "ts_start30s.ts",
];

/// Makes what comes first when it is told to begin, and not much faster than it plays; the rest when it is told to go on.
const SLOW: &str = "#!/bin/sh\ncase \"$*\" in\n*thumb_*) word=go rate=;;\n*pipe:*) word=begin rate='-readrate 1.5';;\n\
    *) exec ffmpeg \"$@\";;\nesac\nwhile [ ! -e HERE/$word ]; do sleep 0.02; done\nexec ffmpeg $rate \"$@\"\n";

#[tokio::test]
async fn players_of_all_kinds_play_seek_and_end_every_kind_of_video() {
    if !can_run() {
        return;
    }
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let mut videos = Vec::new();
    for (name, file) in VIDEOS.iter().filter_map(|name| Some((name, media::find(name)?))) {
        videos.push((name, client.upload(&file).await));
    }
    assert!(videos.len() >= 3, "these are in the repository");
    let mut listed = Vec::new();
    for (name, id) in videos {
        let video = client.finished(&id).await;
        assert_eq!(video["status"], "ready", "{video}");
        check_boxes(client, text(&video["playback"]["hls"])).await;
        listed.push(json!({ "id": id, "name": name, "playback": video["playback"] }));
    }
    run(&home, &server, "clients.test.mjs", &[("VIDEOS", json!(listed).to_string().as_ref())]).await;
}

/// Twenty seconds are listed before anybody looks: so far behind the newest no player wants to stay.
#[tokio::test]
async fn players_of_all_kinds_watch_pictures_while_they_are_copied() {
    let shape = ["-g", "48", "-bf", "2"];
    watch_growing("copied.mp4", "testsrc2=s=640x360:r=24:d=40", "sine=d=40", &shape, "20").await;
}

/// Not copied, because of its container.
#[tokio::test]
async fn players_of_all_kinds_watch_the_lowest_rung_while_it_is_encoded() {
    let shape = ["-bf", "2"];
    watch_growing("encoded.mkv", "testsrc2=s=854x480:r=24:d=24", "sine=d=24.3", &shape, "4").await;
}

async fn watch_growing(name: &str, picture: &str, sound: &str, shape: &[&str], listed_s: &str) {
    if !can_run() {
        return;
    }
    let mut home = home();
    home.use_encoder(SLOW);
    let clip = home.file(name);
    make_clip(&clip, picture, sound, shape);
    // An encoder that waits says nothing.
    let server = home.serve_with(&["--set", "video.silence_timeout_seconds=300"]).await;
    let id = server.client.upload(&clip).await;
    let videos = json!([{ "id": id, "name": name }]).to_string();
    let encoders = home.signs();
    let variables =
        [("VIDEOS", videos.as_ref()), ("ENCODERS", encoders.as_os_str()), ("LISTED_S", listed_s.as_ref())];
    run(&home, &server, "clients-growing.test.mjs", &variables).await;
}

fn make_clip(clip: &Path, picture: &str, sound: &str, shape: &[&str]) {
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"])
        .args(shape)
        .arg(clip)
        .status();
    assert!(made.expect("ffmpeg runs").success());
}

/// What is served at a master playlist: no edit list, no gap between segments, every segment as long as it is said to be,
/// and pictures cut at the same times in all rungs.
pub(super) async fn check_boxes(client: &Client, hls: &str) {
    let master = client.fetch_text(hls).await;
    let rungs = master.lines().filter(|line| line.ends_with(".m3u8"));
    let mut cuts: Option<Vec<f64>> = None;
    for rung in rungs {
        let found = check_playlist(client, &resolve(hls, rung)).await;
        let is_aligned = cuts.is_none_or(|cuts| {
            cuts.len() == found.len()
                && cuts.iter().zip(&found).all(|(one, other)| (one - other).abs() < 1e-9)
        });
        assert!(is_aligned, "{rung} is cut at {found:?}");
        cuts = Some(found);
    }
    assert!(cuts.is_some(), "{master}");
    if let Some(sound) = master.split("URI=\"").nth(1).and_then(|rest| rest.split('"').next()) {
        check_playlist(client, &resolve(hls, sound)).await;
    }
}

/// The seconds at which the segments end.
async fn check_playlist(client: &Client, address: &str) -> Vec<f64> {
    let playlist = client.fetch_text(address).await;
    let init = playlist.split("EXT-X-MAP:URI=\"").nth(1).and_then(|rest| rest.split('"').next());
    let init = client.fetch(&resolve(address, init.expect("an init segment"))).await;
    assert!(boxes::find(&init, "moov/trak/edts").is_none(), "{address} has an edit list");
    let timescale = f64::from(boxes::timescale(&init));
    let lines: Vec<&str> = playlist.lines().collect();
    let listed = lines.windows(2).filter_map(|pair| {
        let seconds = pair[0].strip_prefix("#EXTINF:")?.trim_end_matches(',');
        Some((seconds.parse::<f64>().expect("seconds"), pair[1]))
    });
    let (mut end, mut cuts) = (0, Vec::new());
    for (seconds, segment) in listed {
        let times = boxes::segment_times(&client.fetch(&resolve(address, segment)).await);
        assert_eq!((times.start, times.starts_with_sync), (end, true), "{segment}");
        end += times.duration;
        let found = times.duration as f64 / timescale;
        assert!((found - seconds).abs() < 0.000_01, "{segment} has {found} s, not {seconds}");
        cuts.push(end as f64 / timescale);
    }
    assert!(!cuts.is_empty(), "{playlist}");
    cuts
}
