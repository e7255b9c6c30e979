//! A video can be watched while the rest of it is still being made.

use std::path::Path;

use serde_json::{Value, json};
use telecine_tests::client::{Client, resolve, text};
use telecine_tests::media;
use telecine_tests::server::Home;

use crate::{home, homes};

/// An encoder that makes what comes first and then waits for a file before it makes the rest of the ladder, which is what
/// takes thumbnails.
const PATIENT: &str = "#!/bin/sh\ncase \"$*\" in *thumb_*) while [ ! -e HERE/go ]; do sleep 0.02; done;; esac\nexec ffmpeg \"$@\"\n";

/// Makes the servers of this home use such an encoder.
pub(super) fn with_patient_encoder(home: &mut Home) {
    home.use_encoder(PATIENT);
}

#[tokio::test]
async fn standard_pictures_play_in_full_before_the_first_rung_is_made() {
    for (mut home, _postgres) in homes() {
        with_patient_encoder(&mut home);
        let server = home.serve().await;
        let client = &server.client;
        let video_id = client.upload(&media::file("avsync_flash_beep_12s.mp4")).await;
        let video =
            client.until(&video_id, |video| video["playback"]["renditions"] == json!(["source"])).await;
        assert_eq!((&video["status"], &video["playable"]), (&json!("processing"), &json!(true)), "{video}");
        assert_eq!((video["width"].as_u64(), video["duration_s"].as_f64()), (Some(640), Some(12.0)));

        let manifest = until_complete(client, &video, "source").await;
        assert_eq!((&manifest["complete"], &manifest["audio"][0]["complete"]), (&json!(false), &Value::Null));
        assert_eq!(durations(&manifest["video"][0]), [4.0, 4.0, 4.0], "cut where the film has key frames");
        let hls = text(&video["playback"]["hls"]);
        let master = client.fetch_text(hls).await;
        assert!(master.contains("source/playlist.m3u8") && master.contains("RESOLUTION=640x360"), "{master}");
        let playlist = client.fetch_text(&resolve(hls, "source/playlist.m3u8")).await;
        assert!(playlist.contains("#EXT-X-ENDLIST") && playlist.contains("PLAYLIST-TYPE:VOD"), "{playlist}");
        super::clients::check_boxes(client, hls).await;
        let dash = client.fetch_text(text(&video["playback"]["dash"])).await;
        assert!(dash.contains("type=\"dynamic\"") && dash.contains("minimumUpdatePeriod"), "{dash}");

        home.let_go();
        let ready = client.finished(&video_id).await;
        assert_eq!((&ready["status"], &ready["playback"]["renditions"]), (&json!("ready"), &json!(["360p"])));
        let manifest: Value =
            serde_json::from_str(&client.fetch_text(text(&ready["playback"]["manifest"])).await).unwrap();
        assert_eq!((&manifest["complete"], manifest["video"].as_array().unwrap().len()), (&json!(true), 1));
        // Who is in the middle of the copy still gets its segments; they go when nobody can be watching them.
        let address = playlist.lines().find(|line| line.starts_with("http")).unwrap();
        assert!(!client.fetch(address).await.is_empty());
        assert_eq!(client.do_later_jobs("cleanup", "delete-outputs").await, 1);
        let gone = async || {
            let url = reqwest::get(address).await;
            url.is_ok_and(|answer| answer.status() == reqwest::StatusCode::NOT_FOUND)
        };
        assert!(crate::eventually_async(gone).await, "the copy is removed");
        let found = home.reconcile(&[]);
        assert_eq!(found["findings"], json!([]), "{found}");
    }
}

#[tokio::test]
async fn other_pictures_play_in_their_lowest_rung_before_the_others_are_made() {
    let mut home = home();
    with_patient_encoder(&mut home);
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("rotated90_portrait_phone.mp4")).await;
    let video = client.until(&video_id, |video| video["playback"]["renditions"] == json!(["360p"])).await;
    assert_eq!(
        (&video["status"], &video["playback"]["poster"]),
        (&json!("processing"), &Value::Null),
        "{video}"
    );
    let early = until_complete(client, &video, "360p").await;
    home.let_go();
    let ready = client.finished(&video_id).await;
    assert_eq!(ready["playback"]["renditions"], json!(["480p", "360p"]), "{ready}");
    let manifest: Value =
        serde_json::from_str(&client.fetch_text(text(&ready["playback"]["manifest"])).await).unwrap();
    let bytes = |rendition: &Value| -> Vec<Value> {
        rendition["segments"].as_array().unwrap().iter().map(|segment| segment["sha256"].clone()).collect()
    };
    assert_eq!(bytes(&manifest["video"][1]), bytes(&early["video"][0]), "what was published stays");
}

#[tokio::test]
async fn a_video_that_fails_after_its_first_rendition_is_not_playable_any_more() {
    let mut home = home();
    home.use_encoder(&PATIENT.replace("exec ffmpeg", "[ -e HERE/go ] && exit 1\nexec ffmpeg"));
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("rotated90_portrait_phone.mp4")).await;
    let early = client.until(&video_id, |video| video["playable"] == true).await;
    home.let_go();
    let failed = client.finished(&video_id).await;
    assert_eq!((&failed["status"], &failed["playable"]), (&json!("failed"), &json!(false)), "{failed}");
    assert_eq!(failed["playback"], Value::Null);
    let answer = reqwest::get(text(&early["playback"]["hls"])).await.unwrap();
    assert_eq!(answer.status(), reqwest::StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pictures_that_cannot_be_copied_after_all_are_encoded_and_nothing_is_left_of_the_copy() {
    let mut home = home();
    // What was copied before the end has been stored.
    let broken = "#!/bin/sh\ncase \"$*\" in *'-c copy -map_metadata'*) ffmpeg \"$@\"; exit 1;; esac\nexec ffmpeg \"$@\"\n";
    home.use_encoder(broken);
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("avsync_flash_beep_12s.mp4")).await;
    let ready = client.finished(&video_id).await;
    assert_eq!(
        (&ready["status"], &ready["playback"]["renditions"]),
        (&json!("ready"), &json!(["360p"])),
        "{ready}"
    );
    let copy = home.data_dir().join("objects");
    assert!(holds(&copy, "/source/"), "something was copied");
    assert_eq!(client.do_later_jobs("cleanup", "delete-outputs").await, 1);
    assert!(crate::eventually(|| !holds(&copy, "/source/")).await, "the copy is removed");
    assert_eq!(home.reconcile(&[])["findings"], json!([]));
}

/// A generation that viewers have is not disturbed when a later one, which never got so far, is cleared away.
#[tokio::test]
async fn what_viewers_have_outlives_a_second_run_that_is_killed_before_it_has_anything() {
    let mut home = home();
    with_patient_encoder(&mut home);
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("rotated90_portrait_phone.mp4")).await;
    server.client.until(&video_id, |video| video["playable"] == true).await;
    server.kill();
    // The second run makes nothing, and dies as well; the third one waits before it makes anything.
    let stuck = "#!/bin/sh\nwhile [ ! -e HERE/go ]; do sleep 0.02; done\nexec ffmpeg \"$@\"\n";
    home.use_encoder(stuck);
    for _ in 0..2 {
        let server = home.serve().await;
        let client = &server.client;
        let is_begun = || scratch_runs(&home.data_dir()) > 0;
        assert!(crate::eventually(is_begun).await, "the encoder is started");
        let video = client.get(&format!("videos/{video_id}")).await.expect(reqwest::StatusCode::OK);
        let manifest = client.fetch_text(text(&video["playback"]["manifest"])).await;
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(
            (&video["playable"], &manifest["video"][0]["id"]),
            (&json!(true), &json!("360p")),
            "{video}"
        );
        server.kill();
    }
    let server = home.serve().await;
    home.let_go();
    assert_eq!(server.client.finished(&video_id).await["status"], "ready", "all the same");
}

/// Encoders that run now: each has its input in a folder of its own.
fn scratch_runs(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders =
        entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
    folders.map(|folder| usize::from(folder.join("input").is_symlink()) + scratch_runs(&folder)).sum()
}

/// Whether a record of the embedded storage names a key with this part.
fn holds(folder: &Path, part: &str) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, part);
        }
        let is_record = entry.metadata().is_ok_and(|file| file.len() < 10_000);
        is_record && std::fs::read(&path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(part))
    })
}

/// The manifest once this rendition of it is whole.
async fn until_complete(client: &Client, video: &Value, rendition: &str) -> Value {
    let address = text(&video["playback"]["manifest"]);
    let read = async || -> Value { serde_json::from_str(&client.fetch_text(address).await).unwrap() };
    let is_whole = async || {
        let manifest = read().await;
        let found = manifest["video"].as_array().unwrap().iter().find(|found| found["id"] == rendition);
        // What is whole does not say so.
        found.is_some_and(|found| found["complete"] != false) && manifest["audio"][0]["complete"] != false
    };
    assert!(crate::eventually_async(is_whole).await, "{}", read().await);
    read().await
}

fn durations(rendition: &Value) -> Vec<f64> {
    rendition["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| segment["duration"].as_f64().unwrap())
        .collect()
}
