//! Forms: a browser posts a file, and a signed policy says which.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::json;
use telecine_model::{Clock as _, SystemClock};
use telecine_tests::form::Form;
use telecine_tests::storage::TestBucket;

use super::embedded::{names, started};

const MINUTE: Duration = Duration::from_secs(60);

async fn status(s3: &TestBucket, form: &Form) -> u16 {
    s3.raw.post(form).await.status.as_u16()
}

pub(super) async fn a_form_stores_its_file_and_answers_as_it_was_asked(s3: &TestBucket) {
    let file = Bytes::from((0..300_000_u32).map(|i| (i % 251) as u8).collect::<Vec<_>>());
    for (asked, answered) in [(None, 204), (Some("200"), 200), (Some("201"), 201), (Some("777"), 204)] {
        let form = Form::new("a b/ü+.mp4", file.clone()).field("content-type", "video/mp4");
        let form =
            form.field("x-amz-meta-colour", "blue").condition(json!(["content-length-range", 1, 300_000]));
        let form = asked.iter().fold(form, |form, asked| form.field("success_action_status", asked));
        let answer = s3.raw.post(&form).await;
        assert_eq!(answer.status, answered, "{}", answer.text());
        let stored = s3.store.head("a b/ü+.mp4").await.unwrap().unwrap();
        assert_eq!((stored.size, stored.content_type.as_deref()), (300_000, Some("video/mp4")));
        // Ceph tells the ETag in the document only.
        let told = answer.header("etag");
        assert!(told.is_empty() || told.trim_matches('"') == stored.etag, "{told}");
        if answered == 201 {
            assert_eq!(answer.xml("Key"), "a b/ü+.mp4");
            assert_eq!(answer.xml("ETag").trim_matches('"'), stored.etag);
            assert!(answer.xml("Location").contains("a%20b"), "{}", answer.text());
        }
        assert_eq!(s3.store.get_bytes("a b/ü+.mp4", 1 << 20).await.unwrap(), file);
        s3.store.delete("a b/ü+.mp4").await.unwrap();
    }
}

pub(super) async fn a_form_is_held_to_its_policy(s3: &TestBucket) {
    let form = || Form::new("u/1", "12345");
    let range = |min: u64, max: u64| form().condition(json!(["content-length-range", min, max]));
    assert_eq!(status(s3, &range(6, 10)).await, 400);
    assert_eq!(status(s3, &range(1, 4)).await, 400);
    assert_eq!(status(s3, &form().condition(json!(["starts-with", "$key", "v/"]))).await, 403);
    assert_eq!(status(s3, &form().condition(json!(["eq", "$content-type", "video/mp4"]))).await, 403);
    assert_eq!(status(s3, &form().stray_field("content-type", "text/html")).await, 403);
    assert_eq!(status(s3, &form().condition(json!({ "bucket": "other" }))).await, 403);
    assert_eq!(s3.store.head("u/1").await.unwrap(), None);
    assert_eq!(status(s3, &range(5, 5)).await, 204);
    assert_eq!(s3.store.get_bytes("u/1", 10).await.unwrap(), "12345");
}

pub(super) async fn a_policy_holds_until_it_expires_however_long_ago_it_was_signed(s3: &TestBucket) {
    let now = SystemClock.now();
    let form = |signed, expires| Form::new("k", "x").at(signed, expires);
    assert_eq!(status(s3, &form(now - 20 * MINUTE, now - MINUTE)).await, 403);
    assert_eq!(s3.store.head("k").await.unwrap(), None);
    assert_eq!(status(s3, &form(now - 20 * MINUTE, now + MINUTE)).await, 204);
}

pub(super) async fn a_form_with_another_signature_or_none_is_refused(s3: &TestBucket) {
    let stranger = s3.with_secret("guess");
    assert_eq!(stranger.raw.post(&Form::new("k", "x")).await.status, 403);
    let form = Form::new("k", "x").request(&s3.raw);
    let tampered =
        form.clone().with_body(|body| body.replace("name=\"key\"\r\n\r\nk", "name=\"key\"\r\n\r\nl"));
    assert_eq!(s3.raw.send_unsigned(tampered).await.status, 403);
    let unsigned = form.with_body(|body| body.replace("x-amz-signature", "x-ignore-signature"));
    assert_eq!(s3.raw.send_unsigned(unsigned).await.status.as_u16() / 100, 4);
    assert_eq!(s3.store.list("").await.unwrap(), []);
}

pub(super) async fn the_name_of_the_file_takes_its_place_in_the_key(s3: &TestBucket) {
    let answer = s3.raw.post(&Form::under("u/", "u/${filename}", "x")).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(s3.store.get_bytes("u/my clip.mp4", 10).await.unwrap(), "x");
}

pub(super) async fn a_form_that_breaks_off_leaves_the_old_object(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"old")).await.unwrap();
    let form = Form::new("k", vec![7; 1_000_000]).request(&s3.raw);
    let connection = s3.raw.send_head_and(&form, 500_000).await;
    drop(connection);
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "old");
}

#[tokio::test]
async fn a_form_that_is_none_says_what_is_wrong_with_it() {
    let (root, server, s3) = started().await;
    let form = Form::new("k", "x");
    for (form, outcome) in [
        (form.clone().field("content-md5", "nonsense"), (400, "InvalidDigest")),
        (form.clone().field("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), (400, "BadDigest")),
        (form.clone().field("x-amz-checksum-crc32", "AAAAAA=="), (400, "BadDigest")),
        (form.clone().stray_field("key", "other"), (400, "MalformedPOSTRequest")),
        (form.clone().field("note", &"x".repeat(20 * 1024)), (400, "MalformedPOSTRequest")),
        (form.clone().field("x-amz-meta-a", &"x".repeat(2048)), (400, "MetadataTooLarge")),
        (form.clone().field("x-amz-meta-a", "two\nlines"), (400, "InvalidArgument")),
        (form.clone().field("signature", "x"), (501, "NotImplemented")),
        (form.clone().without_file(), (400, "IncorrectNumberOfFilesInPostRequest")),
        (Form::new(&"x".repeat(1025), "x"), (400, "KeyTooLongError")),
        (form.clone().condition(serde_json::json!(["lt", "$key", "x"])), (400, "InvalidPolicyDocument")),
    ] {
        assert_eq!(s3.raw.post(&form).await.outcome(), (outcome.0, outcome.1.to_owned()));
    }
    // Ceph takes what came, and an empty file for none.
    let endless = form.request(&s3.raw).with_body(|body| body.replace("telecine-form--", "another-form--"));
    assert_eq!(s3.raw.send_unsigned(endless).await.outcome(), (400, "IncompleteBody".to_owned()));
    let elsewhere = server.bucket("missing").raw.post(&form).await;
    assert_eq!(elsewhere.outcome(), (404, "NoSuchBucket".to_owned()));
    for directory in ["k", "d", "u", "w", "t"] {
        assert_eq!(names(&root, directory), [""; 0], "{directory}");
    }
    let taken = s3.raw.post(&form.field("x-amz-meta-note", "für später")).await;
    let got = s3.raw.send(s3.raw.object(Method::GET, "k")).await;
    assert!(got.status == 200 && !got.headers["x-amz-meta-note"].is_empty(), "{}", got.text());
    let etag = s3.store.head("k").await.unwrap().unwrap().etag;
    assert_eq!(
        (taken.header("etag"), taken.header("location")),
        (format!("\"{etag}\""), "/media/k".to_owned())
    );
    server.stop().await;
}
