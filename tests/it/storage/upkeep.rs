//! What the embedded endpoint looks after by itself: stale uploads, damaged records, room on the disk.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use telecine_model::{Clock as _, ManualClock, SystemClock};
use telecine_storage::EmbeddedConfig;
use telecine_tests::form::Form;
use telecine_tests::storage::RunningServer;

use super::embedded::{names, started};
use super::multipart::send_part;
use crate::eventually;

#[tokio::test]
async fn uploads_without_news_are_removed_at_the_start_and_while_the_server_runs() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let (root, server, s3) = started().await;
    let stale = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    send_part(&s3, "k", &stale, 1, Bytes::from_static(b"part")).await;
    server.stop().await;

    let clock = Arc::new(ManualClock::starting_at(SystemClock.now() + 6 * DAY));
    let serve = async |config| RunningServer::start_with(root.path(), clock.clone(), &config).await;
    let server = serve(EmbeddedConfig::default()).await;
    let later = server.bucket("media").store.create_multipart("later", "video/mp4").await.unwrap();
    assert!(names(&root, "d").contains(&stale));
    server.stop().await;

    clock.advance(2 * DAY);
    let never = serve(EmbeddedConfig { upload_max_age_days: 0, ..EmbeddedConfig::default() }).await;
    never.stop().await;
    assert!(names(&root, "d").contains(&stale));

    let server = serve(EmbeddedConfig::default()).await;
    assert!(eventually(|| names(&root, "d") == [&*later]).await);
    assert_eq!(server.bucket("media").store.list_multipart_uploads("").await.unwrap().len(), 1);
    clock.advance(6 * DAY);
    assert!(eventually(|| names(&root, "d").is_empty()).await);
    assert_eq!(names(&root, "u"), [""; 0]);
    server.stop().await;
}

#[tokio::test]
async fn a_damaged_record_costs_its_own_object_and_no_other() {
    let (root, server, s3) = started().await;
    for key in ["a", "b", "c", "d"] {
        s3.store.put_bytes(key, "text/plain", None, Bytes::from_static(b"x")).await.unwrap();
    }
    let upload = s3.store.create_multipart("m", "video/mp4").await.unwrap();
    let open = s3.store.create_multipart("b", "video/mp4").await.unwrap();
    for record in ["k/b,o", "k/c,o", "k/d,o", &format!("u/{upload}.json")] {
        let path = root.path().join("media").join(record);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..if record == "k/c,o" { 0 } else { whole.len() / 2 }]).unwrap();
    }
    server.stop().await;

    let server = RunningServer::start(root.path()).await;
    let s3 = server.bucket("media");
    let keys =
        async || s3.store.list("").await.unwrap().into_iter().map(|object| object.key).collect::<Vec<_>>();
    assert_eq!(keys().await, ["a"]);
    let uploads = s3.store.list_multipart_uploads("").await.unwrap();
    assert_eq!(uploads.iter().map(|upload| &upload.upload_id).collect::<Vec<_>>(), [&open]);
    let lost = s3.raw.send(s3.raw.object(Method::GET, "b")).await;
    assert_eq!(lost.outcome(), (500, "InternalError".to_owned()));
    let part = send_part(&s3, "b", &open, 1, Bytes::from_static(b"whole")).await;
    s3.store.complete_multipart("b", &open, &[(1, part)]).await.unwrap();
    s3.store.put_bytes("c", "text/plain", None, Bytes::from_static(b"again")).await.unwrap();
    s3.store.delete("d").await.unwrap();
    assert_eq!(s3.store.head("d").await.unwrap(), None);
    assert_eq!(keys().await, ["a", "b", "c"]);
    server.stop().await;
}

#[tokio::test]
async fn a_disk_that_has_no_room_but_the_reserve_takes_no_bytes_and_serves_on() {
    let (root, server, s3) = started().await;
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"old")).await.unwrap();
    let id = s3.store.create_multipart("m", "video/mp4").await.unwrap();
    let etag = send_part(&s3, "m", &id, 1, Bytes::from_static(b"part")).await;
    server.stop().await;

    let config = EmbeddedConfig { reserve_mb: u64::MAX, ..EmbeddedConfig::default() };
    let server = RunningServer::start_with(root.path(), Arc::new(SystemClock), &config).await;
    let s3 = server.bucket("media");
    let full = (507, "InsufficientStorage".to_owned());
    let part = s3.raw.object(Method::PUT, "m").query("uploadId", &id).query("partNumber", "2").body("x");
    let copy = s3.raw.object(Method::PUT, "k2").header("x-amz-copy-source", "/media/k");
    let open = s3.raw.object(Method::POST, "k").query("uploads", "");
    for write in [s3.raw.object(Method::PUT, "k").body(vec![7; 3_000_000]), part, copy, open] {
        assert_eq!(s3.raw.send(write).await.outcome(), full);
    }
    assert_eq!(s3.raw.post(&Form::new("k", "x")).await.outcome(), full);
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "old");
    s3.store.complete_multipart("m", &id, &[(1, etag)]).await.unwrap();
    s3.store.delete("k").await.unwrap();
    assert_eq!(s3.store.list("").await.unwrap().len(), 1);
    assert_eq!(names(&root, "t"), [""; 0]);
    server.stop().await;
}
