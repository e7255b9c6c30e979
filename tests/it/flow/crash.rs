//! A server that is killed in the middle of its work.

use std::collections::BTreeSet;

use serde_json::Value;
use telecine_tests::client::{Client, resolve, text};
use telecine_tests::media;
use telecine_tests::server::Home;

use crate::home;

/// Kills in the full form; the short form has [`SHORT_KILLS`].
const SOAK_KILLS: u64 = 40;
const SHORT_KILLS: u64 = 3;

#[tokio::test]
async fn a_killed_server_takes_its_work_up_again_and_leaves_nothing_orphaned() {
    let mut home = home();
    home.set("FFMPEG_PRESET", "veryfast");
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    // Beyond the first pass.
    server.client.until(&video_id, |video| video["progress"].as_f64().unwrap() > 0.2).await;
    let ffmpeg_children = children(server.pid());
    assert!(!ffmpeg_children.is_empty(), "the encoder runs");
    server.kill();
    let are_gone =
        || ffmpeg_children.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}/exe")).exists());
    assert!(crate::eventually(are_gone).await, "no encoder outlives its server");

    home.set("FFMPEG_PRESET", "ultrafast");
    let server = home.serve().await;
    expect_ready_and_nothing_else(&home, &server.client, &[video_id]).await;
}

/// A job that loses its worker more often than this is taken for the cause.
const LOSSES_FORGIVEN: u64 = 3;

#[tokio::test]
async fn kills_at_any_moment_leave_every_video_ready_and_nothing_orphaned() {
    let kills = if crate::is_soak() { SOAK_KILLS } else { SHORT_KILLS };
    let mut home = home();
    let mut videos: Vec<String> = Vec::new();
    for kill in 0..kills {
        let server = home.serve().await;
        // On a slow machine a video would otherwise be in the making at every kill.
        if kill > 0 && kill % LOSSES_FORGIVEN == 0 {
            for video in &videos {
                assert_eq!(server.client.finished(video).await["status"], "ready");
            }
        }
        videos.push(server.client.upload(&media::file("avsync_flash_beep_12s.mp4")).await);
        // Spread over the time that the clip takes, in an order without a pattern, the same in every run.
        let after_ms = kill * 617 % 2500;
        tokio::time::sleep(std::time::Duration::from_millis(after_ms)).await;
        server.kill();
    }
    let server = home.serve().await;
    expect_ready_and_nothing_else(&home, &server.client, &videos).await;
}

async fn expect_ready_and_nothing_else(home: &Home, client: &Client, videos: &[String]) {
    let mut expected = BTreeSet::new();
    for video_id in videos {
        let video = client.finished(video_id).await;
        assert_eq!(video["status"], "ready", "{video}");
        expected.insert(format!("videos/{video_id}/source"));
        expected.extend(published_keys(client, &video).await);
    }
    // What viewers of an unfinished generation may still need goes later.
    client.do_later_jobs("cleanup", "delete-outputs").await;
    let is_all = crate::eventually(|| keys(&home.data_dir()) == expected).await;
    assert!(
        is_all,
        "{:?} instead of what is published, the sources, and nothing else",
        keys(&home.data_dir())
    );
    assert_eq!(home.scratch_files(), 0);
}

#[tokio::test]
async fn a_server_that_is_asked_to_stop_hands_its_job_back_after_the_grace_period() {
    let mut home = home();
    std::fs::write(home.file("telecine.toml"), "[jobs]\nshutdown_grace_s = 1\n").unwrap();
    home.set("FFMPEG_PRESET", "veryslow");
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    server.client.until(&video_id, |video| video["progress"].as_f64().unwrap() > 0.0).await;
    assert!(server.stop().success());
    assert_eq!(home.scratch_files(), 0);
    home.set("FFMPEG_PRESET", "ultrafast");
    let server = home.serve().await;
    assert_eq!(server.client.finished(&video_id).await["status"], "ready");
}

/// Process ids of all descendants.
fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let listed = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let direct: Vec<u32> = listed
        .flat_map(|text| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    direct.iter().copied().chain(direct.iter().flat_map(|pid| children(*pid))).collect()
}

/// The keys of all objects, read from the store's own records.
fn keys(data_dir: &std::path::Path) -> BTreeSet<String> {
    fn walk(folder: &std::path::Path, keys: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), keys);
            } else if let Ok(record) = std::fs::read(entry.path()) {
                // Unless it is being removed at this moment.
                let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
                keys.insert(text(&record["key"]).to_owned());
            }
        }
    }
    let mut keys = BTreeSet::new();
    walk(&data_dir.join("objects/telecine/k"), &mut keys);
    keys
}

/// The keys of everything that the published playlists mention, and of the playlists themselves.
async fn published_keys(client: &Client, video: &Value) -> BTreeSet<String> {
    let address = text(&video["playback"]["manifest"]);
    let manifest: Value = serde_json::from_str(&client.fetch_text(address).await).unwrap();
    let mut keys = BTreeSet::new();
    let mut add = |reference: &Value| {
        let url = resolve(address, text(reference));
        let path = url.split('?').next().unwrap();
        keys.insert(format!("videos/{}", path.split("/videos/").nth(1).expect("a key of ours")));
    };
    for rendition in manifest["video"].as_array().unwrap().iter().chain(manifest["audio"].as_array().unwrap())
    {
        add(&rendition["init"]);
        rendition["segments"].as_array().unwrap().iter().for_each(|segment| add(&segment["url"]));
    }
    for object in ["poster", "mp4", "preview"] {
        add(&manifest[object]["url"]);
    }
    manifest["posters"].as_array().unwrap().iter().for_each(|poster| add(&poster["url"]));
    manifest["storyboard"]["images"].as_array().unwrap().iter().for_each(|image| add(&image["url"]));
    for thumbnails in ["thumbnails", "largeThumbnails"] {
        manifest[thumbnails]["images"].as_array().unwrap().iter().for_each(|image| add(&image["url"]));
    }
    let folders: BTreeSet<String> = keys
        .iter()
        .filter(|key| key.contains("/init"))
        .map(|init| init.rsplit_once('/').unwrap().0.to_owned())
        .collect();
    keys.extend(folders.iter().map(|folder| format!("{folder}/playlist.m3u8")));
    let (prefix, _) = folders.first().unwrap().rsplit_once('/').unwrap();
    let documents = [
        "master.m3u8",
        "manifest.mpd",
        "manifest.json",
        "thumbnails.vtt",
        "storyboard.vtt",
        "storyboard.json",
    ];
    keys.extend(documents.iter().map(|name| format!("{prefix}/{name}")));
    keys
}
