//! What was announced is what is published, or nothing is.

use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use telecine_tests::client::{Client, text};
use telecine_tests::media;

use crate::home;

async fn open(client: &Client, bytes: &[u8], sha256: &str) -> Value {
    let file = json!({
        "filename": "clip.mp4", "size": bytes.len(), "content_type": "video/mp4", "sha256": sha256,
    });
    client.post("uploads", file).await.expect(StatusCode::CREATED)
}

async fn finished(client: &Client, upload: &Value, bytes: Vec<u8>) -> Value {
    assert_eq!(client.put(upload, bytes).await, StatusCode::OK);
    let complete = format!("uploads/{}/complete", text(&upload["id"]));
    client.post(&complete, json!({})).await.expect(StatusCode::ACCEPTED);
    client.finished(text(&upload["video_id"])).await
}

#[tokio::test]
async fn a_file_with_the_announced_digest_is_published_and_an_altered_one_is_not() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let bytes = std::fs::read(media::file("one_frame.mp4")).unwrap();
    let digest = hex::encode_upper(Sha256::digest(&bytes));

    let upload = open(client, &bytes, &digest).await;
    assert_eq!(finished(client, &upload, bytes.clone()).await["status"], "ready");

    let mut altered = bytes.clone();
    *altered.last_mut().unwrap() ^= 1;
    let upload = open(client, &bytes, &digest).await;
    let video = finished(client, &upload, altered).await;
    assert_eq!(
        (&video["status"], &video["failure"]["code"]),
        (&json!("failed"), &json!("checksum_mismatch"))
    );
    assert_eq!(video["playable"], false);
}

#[tokio::test]
async fn a_digest_that_is_none_is_refused() {
    let mut home = home();
    let server = home.serve().await;
    for sha256 in ["", "abc", &"g".repeat(64), &"a".repeat(65)] {
        let file = json!({ "filename": "a.mp4", "size": 1, "content_type": "video/mp4", "sha256": sha256 });
        server.client.post("uploads", file).await.expect_problem(422, "invalid_sha256");
    }
}
