//! A video is processed again while it is watched.

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::media;

use super::growing::with_patient_encoder;
use crate::{home, homes};

async fn again(client: &Client, video_id: &str, asked: Value) -> Value {
    client.post(&format!("videos/{video_id}/reprocess"), asked).await.expect(StatusCode::ACCEPTED)
}

#[tokio::test]
async fn viewers_keep_what_they_have_until_the_new_outputs_are_there() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let video_id = server.client.upload(&media::file("rotated90_portrait_phone.mp4")).await;
        let before = server.client.finished(&video_id).await;
        assert_eq!(before["playback"]["renditions"], json!(["480p", "360p"]), "{before}");
        assert!(server.stop().success());

        with_patient_encoder(&mut home);
        let server = home.serve().await;
        let client = &server.client;
        let begun = again(client, &video_id, json!({ "qualities": ["360p"] })).await;
        assert_eq!((&begun["status"], &begun["playable"]), (&json!("processing"), &json!(true)), "{begun}");
        client
            .post(&format!("videos/{video_id}/reprocess"), json!({}))
            .await
            .expect_problem(409, "not_processed_yet");
        let video = client.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK);
        assert_eq!(video["playback"]["renditions"], before["playback"]["renditions"]);
        let manifest: Value =
            serde_json::from_str(&client.fetch_text(text(&video["playback"]["manifest"])).await).unwrap();
        assert_eq!((&manifest["complete"], manifest["video"].as_array().unwrap().len()), (&json!(true), 2));
        let old_segment = text(&manifest["video"][0]["segments"][0]["url"]).to_owned();

        home.let_go();
        let ready = client.until(&video_id, |video| video["status"] == "ready").await;
        assert_eq!(ready["playback"]["renditions"], json!(["360p"]), "{ready}");
        assert!(!client.fetch(&old_segment).await.is_empty(), "who is in the middle of it goes on");
        client.do_later_jobs("cleanup", "delete-outputs").await;
        let is_gone = async || {
            let answer = reqwest::get(&old_segment).await;
            answer.is_ok_and(|answer| answer.status() == StatusCode::NOT_FOUND)
        };
        assert!(crate::eventually_async(is_gone).await, "what nobody watches any more goes");
        assert!(crate::eventually(|| home.reconcile(&[])["findings"] == json!([])).await);
    }
}

#[tokio::test]
async fn a_video_that_cannot_be_processed_again_stays_as_it_was() {
    let mut home = home();
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("no_audio.mp4")).await;
    let before = server.client.finished(&video_id).await;
    assert!(server.stop().success());
    home.use_encoder("#!/bin/sh\necho 'the oven is cold' >&2\nexit 1\n");
    let server = home.serve().await;
    let client = &server.client;
    again(client, &video_id, json!({})).await;
    let job = format!("jobs/process-video-{video_id}-after-1");
    let has_failed = async || client.get(&job).await.expect(StatusCode::OK)["state"] == "failed";
    assert!(crate::eventually_async(has_failed).await, "{}", client.get(&job).await.json);
    let video = client.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK);
    assert_eq!((&video["status"], &video["failure"]), (&json!("ready"), &Value::Null), "{video}");
    assert_eq!(video["playback"]["renditions"], before["playback"]["renditions"]);
    client.fetch(text(&video["playback"]["poster"])).await;

    client
        .post(&format!("videos/{video_id}/reprocess"), json!({ "qualities": ["9p"] }))
        .await
        .expect_problem(422, "invalid_options");
    client
        .post(&format!("videos/{video_id}/reprocess"), json!({ "speed": "best" }))
        .await
        .expect_problem(422, "invalid_options");
    let nobody = "videos/01900000-0000-7000-8000-000000000000/reprocess";
    client.post(nobody, json!({})).await.expect_problem(404, "not_found");
    let found = home.reconcile(&[]);
    assert_eq!(found["findings"], json!([]), "{found}");
}

#[tokio::test]
async fn one_that_was_cancelled_before_it_began_can_be_asked_for_again() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("no_audio.mp4")).await;
    client.finished(&video_id).await;
    client.post("queues/video-processing/pause", json!({})).await.expect(StatusCode::OK);
    again(client, &video_id, json!({})).await;
    let job = format!("jobs/process-video-{video_id}-after-1");
    client.post(&format!("{job}/cancel"), json!({})).await.expect(StatusCode::NO_CONTENT);
    let video = client.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK);
    assert_eq!((&video["status"], &video["playable"]), (&json!("ready"), &json!(true)), "{video}");
    again(client, &video_id, json!({ "options": { "thumbnails": false } })).await;
    client.post("queues/video-processing/resume", json!({})).await.expect(StatusCode::OK);
    let ready = client.until(&video_id, |video| video["status"] == "ready").await;
    assert_eq!(ready["playback"]["thumbnails"], Value::Null, "as it was asked for the second time: {ready}");
}

#[tokio::test]
async fn every_rendition_that_is_named_can_be_downloaded() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    let downloads = |video: &Value| -> Vec<(String, String)> {
        let downloads = video["playback"]["downloads"].as_array().unwrap().iter();
        downloads.map(|file| (text(&file["rendition"]).to_owned(), text(&file["url"]).to_owned())).collect()
    };
    let ready = client.finished(&video_id).await;
    assert_eq!(downloads(&ready), [("1080p".to_owned(), text(&ready["playback"]["mp4"]).to_owned())]);
    again(client, &video_id, json!({ "qualities": ["360p", "720p"] })).await;
    let ready = client.until(&video_id, |video| video["status"] == "ready").await;
    let files = downloads(&ready);
    assert_eq!(files.iter().map(|(rendition, _)| rendition.as_str()).collect::<Vec<_>>(), ["720p", "360p"]);
    assert_eq!(files[0].1, text(&ready["playback"]["mp4"]));
    let (large, small) = (client.fetch(&files[0].1).await.len(), client.fetch(&files[1].1).await.len());
    assert!(large > small && small > 100_000, "{large} and {small} bytes");
    let verified = home.command(&["verify", &video_id]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[tokio::test]
async fn a_source_that_is_not_to_be_kept_goes_when_the_video_is_ready() {
    let mut home = home();
    home.set("KEEP_SOURCE", "false");
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("no_audio.mp4")).await;
    assert_eq!(client.finished(&video_id).await["status"], "ready");
    let again = client.post(&format!("videos/{video_id}/reprocess"), json!({})).await;
    again.expect_problem(409, "source_deleted");
    let source = home.data_dir().join(format!("objects/telecine/k/videos,d/{video_id},d/source,o"));
    assert!(crate::eventually(|| !source.exists()).await);
    client.do_later_jobs("cleanup", "delete-outputs").await;
    assert!(crate::eventually(|| home.reconcile(&[])["findings"] == json!([])).await);
    assert!(crate::eventually(|| !home.log().contains("error")).await);
}
