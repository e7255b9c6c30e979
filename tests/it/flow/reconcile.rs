//! `telecine reconcile`: what storage holds against what is written down.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_db::{Db, objects};
use telecine_model::{SystemClock, VideoId, key};
use telecine_storage::embedded::Credentials;
use telecine_tests::client::text;
use telecine_tests::media;
use telecine_tests::server::Home;
use telecine_tests::storage::TestBucket;
use url::Url;

use crate::home;

/// The bucket of the running server.
fn bucket(home: &Home) -> TestBucket {
    let endpoint = Url::parse(&format!("http://{}", home.storage_address())).unwrap();
    let credentials = Credentials::of_store(&home.data_dir().join("objects")).unwrap().unwrap();
    TestBucket::new(&endpoint, &credentials, "telecine", Arc::new(SystemClock))
}

/// Kind and key of each finding, sorted.
fn found(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> =
        findings.map(|it| (text(&it["kind"]).to_owned(), text(&it["key"]).to_owned())).collect();
    found.sort();
    found
}

fn pairs<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
    expected.map(|(kind, key)| (kind.to_owned(), key.to_owned())).to_vec()
}

#[tokio::test]
async fn everything_that_disagrees_is_reported_and_what_can_be_fixed_is_fixed() {
    let mut home = home();
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    assert_eq!(server.client.finished(&video_id).await["status"], "ready");
    let open = server.client.open_upload("open.mp4", 200_000_000).await.expect(StatusCode::CREATED);
    assert_eq!(home.reconcile(&[])["findings"], json!([]), "a server at work is in order");

    let bucket = bucket(&home);
    let put = async |key: &str| {
        bucket.store.put_bytes(key, "video/mp4", None, Bytes::from_static(b"x")).await.unwrap();
    };
    let (orphan, foreign) = (key::source(VideoId::generate()), "backups/monday.tar".to_owned());
    let stale_generation = format!("videos/{video_id}/g99/a.mp4");
    let unrecorded = format!("videos/{video_id}/g1/extra.bin");
    let (lost, altered) = (format!("videos/{video_id}/g1/master.m3u8"), format!("videos/{video_id}/source"));
    for key in [&orphan, &foreign, &stale_generation, &unrecorded, &altered] {
        put(key).await;
    }
    bucket.store.delete(&lost).await.unwrap();
    let struck = VideoId::generate();
    record(&home, struck).await;

    let expected = pairs([
        ("mismatched", &altered),
        ("missing", &lost),
        ("orphan", &orphan),
        ("orphan", &stale_generation),
        ("stale_record", &key::source(struck)),
        ("unrecorded", &unrecorded),
    ]);
    let mut expected = expected;
    expected.sort();
    let report = home.reconcile(&[]);
    assert_eq!(found(&report), expected);
    assert_eq!(report["foreign"], 1);
    assert_eq!(found(&home.reconcile(&[])), expected, "looking changes nothing");

    let fixed = home.reconcile(&["--fix"]);
    assert_eq!(found(&fixed), expected);
    let left = home.reconcile(&[]);
    assert_eq!(found(&left), pairs([("mismatched", &altered), ("missing", &lost)]));
    for gone in [&orphan, &stale_generation] {
        assert_eq!(bucket.store.head(gone).await.unwrap(), None, "{gone}");
    }
    assert!(bucket.store.head(&foreign).await.unwrap().is_some(), "what is not ours stays");
    let parts = format!("uploads/{}/parts", text(&open["id"]));
    server.client.post(&parts, json!({ "numbers": [1] })).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_multipart_upload_of_nobody_is_found_once_it_is_old_and_aborted() {
    let mut home = home();
    let server = home.serve().await;
    let source = key::source(VideoId::generate());
    let upload_id = bucket(&home).store.create_multipart(&source, "video/mp4").await.unwrap();
    assert_eq!(home.reconcile(&[])["findings"], json!([]), "it may have been opened just now");
    let young = home.reconcile(&["--upload-age", "0"]);
    assert_eq!(found(&young), pairs([("stale_upload", &source)]), "unless nothing is too young");
    server.kill();
    let record = home.data_dir().join("objects/telecine/u").join(format!("{upload_id}.json"));
    age(&record);
    let report = home.reconcile(&["--fix"]);
    assert_eq!(found(&report), pairs([("stale_upload", &source)]), "without a server as well");
    assert_eq!(report["findings"][0]["upload_id"], upload_id);
    assert_eq!(home.reconcile(&[])["findings"], json!([]));
    assert!(!record.exists());
}

#[tokio::test]
async fn the_database_of_another_deployment_deletes_nothing() {
    let mut home = home();
    let refused = |home: &Home, flags: &[&str]| {
        let mut command = home.command(&[&["reconcile"], flags].concat());
        let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&home, &["--fix"]).contains("there is no database"));

    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    assert_eq!(server.client.finished(&video_id).await["status"], "ready");
    assert!(server.stop().success());
    let objects = home.object_files();
    std::fs::remove_file(home.data_dir().join("telecine.sqlite")).unwrap();
    drop(home.serve().await);
    let why = refused(&home, &["--fix"]);
    assert!(why.contains("most of the") && why.contains("--force"), "{why}");
    assert_eq!(home.object_files(), objects);
    assert_eq!(home.reconcile(&["--fix", "--force"])["foreign"], 0);
    assert_eq!(home.object_files(), 0);
}

/// Puts the time at which the upload was opened back by an hour.
fn age(record: &std::path::Path) {
    let mut upload: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    let initiated = upload["initiated_ms"].as_i64().unwrap_or_else(|| panic!("{upload}"));
    upload["initiated_ms"] = json!(initiated - 3_600_000);
    std::fs::write(record, serde_json::to_vec(&upload).unwrap()).unwrap();
}

async fn record(home: &Home, owner: VideoId) {
    let db = Db::connect(&home.database_url().into()).await.unwrap();
    let tx = db.begin().await.unwrap();
    let object = objects::Object {
        key: key::source(owner),
        owner: owner.into(),
        generation: 0,
        size: 1,
        checksum: None,
        created_at: 1,
    };
    objects::record(&tx, &object).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
}
