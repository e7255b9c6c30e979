//! A server that is killed in the middle of its work.

use std::collections::BTreeSet;

use telecine_tests::client::{resolve, text};
use telecine_tests::media;

use crate::home;

#[tokio::test]
async fn a_killed_server_takes_its_work_up_again_and_leaves_nothing_orphaned() {
    let mut home = home();
    home.set("FFMPEG_PRESET", "medium");
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    server.client.until(&video_id, |video| video["progress"].as_f64().unwrap() > 0.1).await;
    let ffmpeg_children = children(server.pid());
    assert!(!ffmpeg_children.is_empty(), "the encoder runs");
    server.kill();
    let are_gone =
        || ffmpeg_children.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}/exe")).exists());
    assert!(crate::eventually(are_gone).await, "no encoder outlives its server");

    home.set("FFMPEG_PRESET", "ultrafast");
    let server = home.serve().await;
    let video = server.client.finished(&video_id).await;
    assert_eq!(video["status"], "ready", "{video}");

    let stored = keys(&home.data_dir());
    let published = published_names(&server.client, &video).await;
    let expected: BTreeSet<String> = published
        .iter()
        .map(|name| format!("videos/{video_id}/g2/{name}"))
        .chain([format!("videos/{video_id}/source")])
        .collect();
    assert_eq!(stored, expected, "what is published, the source, and nothing else");
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
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), keys);
            } else {
                let record: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
                keys.insert(text(&record["key"]).to_owned());
            }
        }
    }
    let mut keys = BTreeSet::new();
    walk(&data_dir.join("objects/telecine/k"), &mut keys);
    keys
}

/// Every name that the published playlists mention, and the playlists themselves.
async fn published_names(
    client: &telecine_tests::client::Client,
    video: &serde_json::Value,
) -> BTreeSet<String> {
    let address = text(&video["playback"]["manifest"]);
    let manifest: serde_json::Value = serde_json::from_str(&client.fetch_text(address).await).unwrap();
    let mut names: BTreeSet<String> =
        ["master.m3u8", "manifest.mpd", "manifest.json", "thumbnails.vtt"].map(str::to_owned).into();
    let mut add = |reference: &serde_json::Value| {
        let url = resolve(address, text(reference));
        let path = url.split('?').next().unwrap();
        names.insert(path.split("/g2/").nth(1).expect("of the second generation").to_owned());
    };
    for rendition in manifest["video"].as_array().unwrap().iter().chain(manifest["audio"].as_array().unwrap())
    {
        add(&rendition["init"]);
        rendition["segments"].as_array().unwrap().iter().for_each(|segment| add(&segment["url"]));
    }
    add(&manifest["poster"]["url"]);
    add(&manifest["mp4"]["url"]);
    manifest["thumbnails"]["images"].as_array().unwrap().iter().for_each(|image| add(&image["url"]));
    let folders: BTreeSet<String> =
        names.iter().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
    names.extend(folders.iter().map(|folder| format!("{folder}/playlist.m3u8")));
    names
}
