//! Media bytes keep away from the API.

use reqwest::StatusCode;
use serde_json::Value;
use telecine_tests::client::{Client, resolve, text};
use telecine_tests::media;
use telecine_tests::proxy::Proxy;
use telecine_tests::resume::{MadeUpFile, Resumable};

use crate::home;

/// Large enough to go up in parts.
const UPLOAD_BYTES: u64 = 150_000_000;

#[tokio::test]
async fn under_one_percent_of_the_media_bytes_crosses_the_api() {
    let in_front_of_api = Proxy::start().await;
    let mut home = home();
    home.set("PUBLIC_URL", &format!("http://{}", in_front_of_api.address));
    let server = home.serve().await;
    in_front_of_api.lead_to(server.api_address);
    let client =
        Client::new(&format!("http://{}/api/v1", in_front_of_api.address), server.client.token().to_owned());

    let mut upload = Resumable::new(MadeUpFile::new(1, UPLOAD_BYTES));
    upload.advance(&client).await.unwrap();
    let for_upload = in_front_of_api.bytes();
    assert!(for_upload > 1000, "the API was asked through the proxy");
    assert!(for_upload * 100 < UPLOAD_BYTES, "{for_upload} of {UPLOAD_BYTES} bytes crossed the API");

    let video_id = server.client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    let video = server.client.finished(&video_id).await;
    let before = in_front_of_api.bytes();
    let played =
        play_all(&client, &client.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK)).await;
    let for_playback = in_front_of_api.bytes() - before;
    assert_eq!(video["status"], "ready");
    assert!(for_playback * 100 < played, "{for_playback} of {played} bytes crossed the API");
    println!("API bytes: upload {for_upload} of {UPLOAD_BYTES}, playback {for_playback} of {played}");
}

/// Fetches everything that a player can play, and gives the bytes.
async fn play_all(client: &Client, video: &Value) -> u64 {
    let address = text(&video["playback"]["manifest"]);
    let manifest: Value = serde_json::from_str(&client.fetch_text(address).await).unwrap();
    let renditions =
        manifest["video"].as_array().unwrap().iter().chain(manifest["audio"].as_array().unwrap());
    let mut bytes = 0;
    for rendition in renditions {
        let segments = rendition["segments"].as_array().unwrap().iter().map(|segment| &segment["url"]);
        for reference in segments.chain([&rendition["init"]]) {
            bytes += client.fetch(&resolve(address, text(reference))).await.len() as u64;
        }
    }
    bytes
}
