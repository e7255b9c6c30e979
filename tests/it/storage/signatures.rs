//! Signatures: what was signed may be done, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use reqwest::Client;
use telecine_model::{Clock as _, ManualClock, SystemClock};
use telecine_storage::{PresignedRequest, StoreError};
use telecine_tests::storage::TestBucket;
use url::Url;

const HOUR: Duration = Duration::from_secs(3600);

async fn get(url: Url) -> u16 {
    Client::new().get(url).send().await.unwrap().status().as_u16()
}

async fn put(request: &PresignedRequest, content_type: &str, body: &'static str) -> u16 {
    let put = Client::new().put(request.url.clone()).header("content-type", content_type).body(body);
    put.send().await.unwrap().status().as_u16()
}

pub(super) async fn a_presigned_put_takes_exactly_the_signed_length_and_type(s3: &TestBucket) {
    let signed = s3.store.presign_put("a b/ü+.mp4", "video/mp4", 5, HOUR).unwrap();
    assert_eq!(put(&signed, "video/mp4", "123456").await, 403);
    assert_eq!(put(&signed, "text/html", "12345").await, 403);
    assert_eq!(s3.store.head("a b/ü+.mp4").await.unwrap(), None);
    assert_eq!(put(&signed, "video/mp4", "12345").await, 200);
    let stored = s3.store.head("a b/ü+.mp4").await.unwrap().unwrap();
    assert_eq!((stored.size, stored.content_type.as_deref()), (5, Some("video/mp4")));
}

pub(super) async fn a_presigned_get_gives_the_bytes_until_it_expires(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"bytes")).await.unwrap();
    let answer = Client::new().get(s3.store.presign_get("k", HOUR).unwrap().url).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "bytes");
    let two_hours_ago = ManualClock::starting_at(SystemClock.now() - 2 * HOUR);
    let old = s3.store_with_clock(Arc::new(two_hours_ago));
    assert_eq!(get(old.presign_get("k", HOUR).unwrap().url).await, 403);
}

pub(super) async fn a_presigned_get_can_name_the_download(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"x")).await.unwrap();
    let signed = s3.store.presign_get_as("k", HOUR, "attachment; filename=\"a b.mp4\"").unwrap();
    let answer = Client::new().get(signed.url).send().await.unwrap();
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"a b.mp4\"");
}

pub(super) async fn a_tampered_address_is_refused(s3: &TestBucket) {
    for key in ["k", "other"] {
        s3.store.put_bytes(key, "text/plain", None, Bytes::from_static(b"x")).await.unwrap();
    }
    let signed = s3.store.presign_get("k", HOUR).unwrap().url;
    let changed = |from: &str, to: &str| {
        assert!(signed.as_str().contains(from));
        Url::parse(&signed.as_str().replace(from, to)).unwrap()
    };
    assert_eq!(get(signed.clone()).await, 200);
    assert_eq!(get(changed("/k?", "/other?")).await, 403);
    assert_eq!(get(changed("X-Amz-Expires=3600", "X-Amz-Expires=7200")).await, 403);
    assert_eq!(get(changed("X-Amz-Signature=", "X-Amz-Signature=0")).await / 100, 4);
    assert_eq!(Client::new().delete(signed.clone()).send().await.unwrap().status(), 403);
    assert_eq!(get(s3.store_with_secret("guess").presign_get("k", HOUR).unwrap().url).await, 403);
    let mut unsigned = signed.clone();
    unsigned.set_query(None);
    assert_eq!(get(unsigned).await, 403);
    assert_eq!(s3.store.list("").await.unwrap().len(), 2);
}

pub(super) async fn a_wrong_secret_is_an_error_that_says_so(s3: &TestBucket) {
    let denied = s3.store_with_secret("guess").list("").await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");
    assert!(!denied.to_string().contains("guess"));
}

pub(super) async fn presigned_parts_go_straight_to_the_upload(s3: &TestBucket) {
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let signed = s3.store.presign_part("k", &id, 1, 4, HOUR).unwrap();
    let longer = Client::new().put(signed.url.clone()).body("parts").send().await.unwrap();
    assert_eq!(longer.status(), 403, "the length is signed");
    let sent = Client::new().put(signed.url.clone()).body("part").send().await.unwrap();
    let etag = sent.headers()["etag"].to_str().unwrap().to_owned();
    let other_number = Url::parse(&signed.url.as_str().replace("partNumber=1", "partNumber=2")).unwrap();
    assert_eq!(Client::new().put(other_number).body("x").send().await.unwrap().status(), 403);
    s3.store.complete_multipart("k", &id, &[(1, etag)]).await.unwrap();
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "part");
}

pub(super) async fn an_unsigned_request_is_refused(s3: &TestBucket) {
    let answer = s3.raw.send_unsigned(s3.raw.object(Method::PUT, "k").body("x")).await;
    assert_eq!(answer.outcome(), (403, "AccessDenied".to_owned()));
}
