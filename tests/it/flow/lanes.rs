//! A long film takes its time, and nobody else has to wait for it; nor is its work lost.

use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::media;
use telecine_tests::redis::Redis;
use telecine_tests::server::Home;

use super::growing::with_patient_encoder;
use crate::{home, homes};

#[tokio::test]
async fn clips_are_playable_while_a_film_is_encoded_on_either_database() {
    for (home, _postgres) in homes() {
        plays_beside_a_film(home).await;
    }
}

#[tokio::test]
async fn clips_are_playable_while_a_film_is_encoded_when_jobs_go_through_redis() {
    let Some(redis) = Redis::start() else { return };
    let mut home = home();
    home.set("REDIS_URL", &redis.url());
    plays_beside_a_film(home).await;
}

async fn plays_beside_a_film(mut home: Home) {
    with_patient_encoder(&mut home);
    let server = home.serve().await;
    let client = &server.client;
    let mut videos = Vec::new();
    // More than are processed at the same time, with pictures that can be copied and with others.
    for name in ["avsync_flash_beep_12s.mp4", "no_audio.mp4", "rotated90_portrait_phone.mp4", "no_audio.mp4"]
    {
        let video_id = client.upload(&media::file(name)).await;
        let video = client.until(&video_id, |video| video["playable"] == true).await;
        assert_eq!(video["status"], "processing", "{name}: {video}");
        videos.push(video_id);
    }
    let counts = async |queue: &str| -> Value {
        let overview = client.get(&format!("queues/{queue}")).await.expect(reqwest::StatusCode::OK);
        json!([overview["active"], overview["waiting"]])
    };
    let is_so = async || {
        (counts("video-encoding").await, counts("video-processing").await) == (json!([1, 3]), json!([0, 0]))
    };
    assert!(crate::eventually_async(is_so).await, "{}", counts("video-encoding").await);
    home.let_go();
    for video_id in &videos {
        assert_eq!(client.finished(video_id).await["status"], "ready");
        let path = format!("jobs/process-video-{video_id}");
        let job = async || client.get(&path).await.expect(reqwest::StatusCode::OK);
        let has_ended = async || job().await["state"] == "completed";
        assert!(crate::eventually_async(has_ended).await, "{}", job().await);
        assert_eq!(job().await["result"]["videoId"], json!(video_id));
    }
    client.do_later_jobs("cleanup", "delete-outputs").await;
    assert!(crate::eventually(|| home.reconcile(&[])["findings"] == json!([])).await);
    assert!(crate::eventually(|| home.scratch_files() == 0).await, "the sources that were left are used");
}

#[tokio::test]
async fn a_film_whose_encoder_fails_fails_with_what_the_encoder_said() {
    let mut home = home();
    home.set("MAX_RETRIES", "0");
    home.use_encoder("#!/bin/sh\ncase \"$*\" in *thumb_*) echo 'the oven is cold' >&2; exit 1;; esac\nexec ffmpeg \"$@\"\n",
    );
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("avsync_flash_beep_12s.mp4")).await;
    let video = client.finished(&video_id).await;
    assert_eq!((&video["status"], &video["playable"]), (&json!("failed"), &json!(false)), "{video}");
    let job =
        async || client.get(&format!("jobs/process-video-{video_id}")).await.expect(reqwest::StatusCode::OK);
    let has_failed = async || job().await["state"] == "failed";
    assert!(crate::eventually_async(has_failed).await, "{}", job().await);
    let failure = job().await["failure"].clone();
    assert_eq!(failure["code"], video["failure"]["code"], "{failure}");
    assert!(text(&failure["detail"]).contains("the oven is cold"), "{failure}");

    // It is tried again from the start.
    home.use_encoder("#!/bin/sh\nexec ffmpeg \"$@\"\n");
    client
        .post(&format!("jobs/process-video-{video_id}/retry"), json!({}))
        .await
        .expect(reqwest::StatusCode::NO_CONTENT);
    let ready = client.until(&video_id, |video| video["status"] == "ready").await;
    assert_eq!(ready["failure"], Value::Null, "{ready}");
}

#[tokio::test]
async fn a_film_that_is_cancelled_while_its_ladder_waits_is_not_encoded_any_more() {
    let mut home = home();
    with_patient_encoder(&mut home);
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("avsync_flash_beep_12s.mp4")).await;
    client.until(&video_id, |video| video["playable"] == true).await;
    let job = format!("jobs/process-video-{video_id}");
    let waits =
        async || client.get(&job).await.expect(reqwest::StatusCode::OK)["state"] == "waiting-children";
    assert!(crate::eventually_async(waits).await);
    client.post(&format!("{job}/cancel"), json!({})).await.expect(reqwest::StatusCode::NO_CONTENT);
    let video = client.finished(&video_id).await;
    assert_eq!(
        (&video["status"], &video["failure"]["code"]),
        (&json!("failed"), &json!("cancelled")),
        "{video}"
    );
    let queue = async || client.get("queues/video-encoding").await.expect(reqwest::StatusCode::OK);
    let is_idle = async || {
        let queue = queue().await;
        (&queue["active"], &queue["waiting"]) == (&json!(0), &json!(0))
    };
    assert!(crate::eventually_async(is_idle).await, "{}", queue().await);
    assert!(crate::eventually(|| home.scratch_files() == 0).await);
}

#[tokio::test]
async fn a_killed_server_goes_on_with_the_segments_that_it_has_stored() {
    for (mut home, _postgres) in homes() {
        home.set("FFMPEG_PRESET", "veryfast");
        let server = home.serve().await;
        let video_id = server.client.upload(&media::film(home.folder(), "testsrc2")).await;
        let before = until_segments(&server.client, &video_id, "480p", 2).await;
        server.kill();
        let server = home.serve().await;
        let ready = server.client.finished(&video_id).await;
        assert_eq!(ready["status"], "ready", "{ready}");
        let after = manifest(&server.client, &ready).await;
        for id in ["480p", "360p"] {
            let (stored, all) = (segments(&before, id), segments(&after, id));
            assert_eq!(stored, all[..stored.len()], "what was stored is not made again");
            assert_eq!(all.len(), 8, "{id}");
        }
        let found = home.reconcile(&[]);
        assert_eq!(found["findings"], json!([]), "{found}");
    }
}

async fn manifest(client: &Client, video: &Value) -> Value {
    serde_json::from_str(&client.fetch_text(text(&video["playback"]["manifest"])).await).unwrap()
}

/// The checksums of the segments of a rendition.
fn segments(manifest: &Value, id: &str) -> Vec<Value> {
    let renditions = manifest["video"].as_array().unwrap().iter();
    let of_rendition = renditions.filter(|rendition| rendition["id"] == id);
    of_rendition
        .flat_map(|rendition| rendition["segments"].as_array().unwrap())
        .map(|segment| segment["sha256"].clone())
        .collect()
}

/// The manifest once so many segments of the rendition are stored.
async fn until_segments(client: &Client, video_id: &str, id: &str, count: usize) -> Value {
    let video = client.until(video_id, |video| video["playable"] == true).await;
    let is_there = async || segments(&manifest(client, &video).await, id).len() >= count;
    assert!(crate::eventually_async(is_there).await);
    manifest(client, &video).await
}
