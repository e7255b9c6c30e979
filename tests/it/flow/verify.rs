//! `telecine verify VIDEO`: is everything that was published still as it was made?

use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use telecine_model::SystemClock;
use telecine_storage::embedded::Credentials;
use telecine_tests::media;
use telecine_tests::server::Home;
use telecine_tests::storage::TestBucket;
use url::Url;

use crate::home;

fn verify(home: &Home, video: &str) -> (bool, Value) {
    let output =
        home.command(&["verify", "--json", video]).stdout(Stdio::piped()).output().expect("the command runs");
    let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.success(), answer)
}

#[tokio::test]
async fn lost_and_altered_objects_are_named_and_a_whole_video_passes() {
    let mut home = home();
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    let video = server.client.finished(&video_id).await;
    assert_eq!(video["status"], "ready", "{video}");
    let (is_well, found) = verify(&home, &video_id);
    assert!(is_well && found["flaws"] == Value::Array(Vec::new()), "{found}");
    assert!(found["objects"].as_u64().unwrap() > 5 && found["generation"] == 1, "{found}");

    let endpoint = Url::parse(&format!("http://{}", home.storage_address())).unwrap();
    let credentials = Credentials::of_store(&home.data_dir().join("objects")).unwrap().unwrap();
    let bucket = TestBucket::new(&endpoint, &credentials, "telecine", Arc::new(SystemClock));
    let key = |name: &str| format!("videos/{video_id}/g1/{name}");
    let altered = bucket.store.get_bytes(&key("v360/seg_000.m4s"), 1_000_000).await.unwrap();
    let altered: Vec<u8> = altered.iter().rev().copied().collect();
    for (name, bytes) in
        [("v360/seg_000.m4s", Bytes::from(altered)), ("poster.jpg", Bytes::from_static(b"short"))]
    {
        bucket.store.put_bytes(&key(name), "video/mp4", None, bytes).await.unwrap();
    }
    bucket.store.delete(&key("thumb_000.jpg")).await.unwrap();
    let (is_well, found) = verify(&home, &video_id);
    let mut flaws: Vec<(&str, &str)> = found["flaws"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flaw| (flaw["object"].as_str().unwrap(), flaw["kind"].as_str().unwrap()))
        .collect();
    flaws.sort_unstable();
    let expected = [("poster.jpg", "size"), ("thumb_000.jpg", "missing"), ("v360/seg_000.m4s", "checksum")];
    assert_eq!((is_well, flaws.as_slice()), (false, &expected[..]), "{found}");
}

#[tokio::test]
async fn a_video_that_is_not_there_or_not_whole_is_told_apart() {
    let mut home = home();
    let server = home.serve().await;
    let open = server.client.open_upload("open.mp4", 10).await.expect(reqwest::StatusCode::CREATED);
    let said = |id: &str| {
        let output = home.command(&["verify", id]).stderr(Stdio::piped()).output().expect("the command runs");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let pending = said(open["video_id"].as_str().unwrap());
    assert!(pending.contains("pending_upload"), "{pending}");
    assert!(said(&telecine_model::VideoId::generate().to_string()).contains("there is no video"));
}
