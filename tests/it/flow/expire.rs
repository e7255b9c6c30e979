//! Uploads that nobody completes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::media;
use telecine_tests::server::{Home, Server};

use crate::home;

const PART_BYTES: usize = 10 * 1024 * 1024;
const FILE_BYTES: usize = 105_000_000;

/// A server whose uploads expire after three seconds. Addresses are signed to the second, so one would be too few.
async fn impatient(home: &mut Home) -> Server {
    std::fs::write(home.file("telecine.toml"), "[uploads]\nidle_seconds = 3\n").unwrap();
    home.serve().await
}

async fn open_with_one_part(client: &Client) -> Value {
    let upload = client.open_upload("clip.mp4", FILE_BYTES).await.expect(StatusCode::CREATED);
    let parts = format!("uploads/{}/parts", text(&upload["id"]));
    let signed = client.post(&parts, json!({ "numbers": [1] })).await.expect(StatusCode::OK);
    assert_eq!(client.put(&signed["urls"][0], vec![7; PART_BYTES]).await, StatusCode::OK);
    upload
}

#[tokio::test]
async fn an_idle_upload_expires_and_a_late_complete_says_so() {
    let mut home = home();
    let server = impatient(&mut home).await;
    let client = &server.client;
    let upload = open_with_one_part(client).await;
    let path = format!("uploads/{}", text(&upload["id"]));
    assert!(home.object_files() > 0, "the part is in storage");
    let has_expired = async || client.get(&path).await.expect(StatusCode::OK)["status"] == "expired";
    assert!(crate::eventually_async(has_expired).await);

    assert!(crate::eventually(|| home.object_files() == 0).await, "the part is removed");
    client.post(&format!("{path}/complete"), json!({})).await.expect_problem(410, "upload_expired");
    client
        .post(&format!("{path}/parts"), json!({ "numbers": [2] }))
        .await
        .expect_problem(410, "upload_expired");
    client.get(&format!("{path}/status")).await.expect_problem(410, "upload_expired");
    client.call(Method::DELETE, &path, None).await.expect_problem(410, "upload_expired");
    client.get(&format!("videos/{}", text(&upload["video_id"]))).await.expect_problem(404, "not_found");
    assert_eq!(client.get("videos").await.expect(StatusCode::OK)["items"], json!([]));
    assert_eq!(home.reconcile(&[])["findings"], json!([]));
}

#[tokio::test]
async fn a_part_that_arrives_keeps_an_upload_alive_without_a_word_to_the_api() {
    let mut home = home();
    std::fs::write(home.file("telecine.toml"), "[uploads]\nidle_seconds = 6\n").unwrap();
    let server = home.serve().await;
    let client = &server.client;
    let opened = tokio::time::Instant::now();
    let upload = client.open_upload("clip.mp4", FILE_BYTES).await.expect(StatusCode::CREATED);
    let path = format!("uploads/{}", text(&upload["id"]));
    let signed =
        client.post(&format!("{path}/parts"), json!({ "numbers": [11] })).await.expect(StatusCode::OK);
    // Late in the life of the address, and of the upload.
    let at = |seconds| tokio::time::sleep_until(opened + std::time::Duration::from_secs(seconds));
    at(4).await;
    assert_eq!(client.put(&signed["urls"][0], vec![7; FILE_BYTES % PART_BYTES]).await, StatusCode::OK);
    at(8).await;
    assert_eq!(client.get(&path).await.expect(StatusCode::OK)["status"], "open");
    let has_expired = async || client.get(&path).await.expect(StatusCode::OK)["status"] == "expired";
    assert!(crate::eventually_async(has_expired).await, "and not for ever");
}

#[tokio::test]
async fn a_whole_file_whose_browser_was_closed_is_processed_all_the_same() {
    let mut home = home();
    let server = impatient(&mut home).await;
    let client = &server.client;
    let bytes = std::fs::read(media::file("one_frame.mp4")).unwrap();
    let upload = client.open_upload("one_frame.mp4", bytes.len()).await.expect(StatusCode::CREATED);
    assert_eq!(client.put(&upload, bytes).await, StatusCode::OK);
    let video = client.finished(text(&upload["video_id"])).await;
    assert_eq!(video["status"], "ready", "{video}");
}
