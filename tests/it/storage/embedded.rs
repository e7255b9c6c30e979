//! What only the embedded endpoint promises.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use telecine_model::SystemClock;
use telecine_storage::embedded::{EmbeddedServer, OpenError};
use telecine_storage::{EmbeddedConfig, StoreError};
use telecine_tests::form::Form;
use telecine_tests::storage::{RunningServer, TestBucket};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::multipart::{MIB_5, send_part};

/// A folder, a server over it and a bucket on it.
pub(super) async fn started() -> (TempDir, RunningServer, TestBucket) {
    let root = TempDir::new().unwrap();
    let server = RunningServer::start(root.path()).await;
    let bucket = server.bucket("media");
    bucket.store.ensure_bucket().await.unwrap();
    (root, server, bucket)
}

/// The names in one of the bucket's directories.
pub(crate) fn names(root: &TempDir, directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root.path().join("media").join(directory)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn two_processes_never_share_a_store() {
    let (root, server, _) = started().await;
    let second = EmbeddedServer::open(root.path(), Arc::new(SystemClock)).await;
    assert!(matches!(second.map(drop), Err(OpenError::InUse { .. })));
    server.stop().await;
    assert!(EmbeddedServer::open(root.path(), Arc::new(SystemClock)).await.is_ok());
}

#[tokio::test]
async fn a_restart_keeps_objects_uploads_and_the_key_pair() {
    let (root, server, s3) = started().await;
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"kept")).await.unwrap();
    let id = s3.store.create_multipart("m", "video/mp4").await.unwrap();
    let first = send_part(&s3, "m", &id, 1, Bytes::from(vec![1; MIB_5])).await;
    server.stop().await;

    let server = RunningServer::start(root.path()).await;
    let s3 = server.bucket("media");
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "kept");
    assert_eq!(s3.store.list_parts("m", &id).await.unwrap().len(), 1);
    let last = send_part(&s3, "m", &id, 2, Bytes::from_static(b"end")).await;
    let stored = s3.store.complete_multipart("m", &id, &[(1, first), (2, last)]).await.unwrap();
    assert_eq!(stored.size, MIB_5 as u64 + 3);
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_left_on_disk_of_what_was_deleted_replaced_or_aborted() {
    let (root, server, s3) = started().await;
    for body in ["one", "two"] {
        s3.store.put_bytes("a/b/c", "text/plain", None, Bytes::from_static(body.as_bytes())).await.unwrap();
    }
    let id = s3.store.create_multipart("a/b/c", "video/mp4").await.unwrap();
    let kept = send_part(&s3, "a/b/c", &id, 1, Bytes::from_static(b"listed")).await;
    send_part(&s3, "a/b/c", &id, 2, Bytes::from_static(b"not listed")).await;
    s3.store.complete_multipart("a/b/c", &id, &[(1, kept)]).await.unwrap();
    assert_eq!(names(&root, &format!("d/{id}")).len(), 1);
    let aborted = s3.store.create_multipart("x", "video/mp4").await.unwrap();
    send_part(&s3, "x", &aborted, 1, Bytes::from_static(b"gone")).await;
    s3.store.abort_multipart("x", &aborted).await.unwrap();
    assert_eq!(names(&root, "d"), [id]);
    s3.store.delete("a/b/c").await.unwrap();
    for directory in ["k", "d", "u", "w", "t"] {
        assert_eq!(names(&root, directory), [""; 0], "{directory}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_download_outlives_the_object() {
    let (root, server, s3) = started().await;
    let body = Bytes::from(vec![b'x'; 20_000_000]);
    s3.store.put_bytes("k", "text/plain", None, body.clone()).await.unwrap();
    let address = s3.store.presign_get("k", std::time::Duration::from_secs(600)).unwrap().url;
    let mut answer = reqwest::Client::new().get(address).send().await.unwrap();
    let first = answer.chunk().await.unwrap().unwrap();
    s3.store.delete("k").await.unwrap();
    let mut length = first.len();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        length += chunk.len();
    }
    assert_eq!(length, body.len());
    server.stop().await;
    RunningServer::start(root.path()).await.stop().await;
    assert_eq!(names(&root, "d"), [""; 0]);
}

#[tokio::test]
async fn a_key_with_a_nul_is_a_key() {
    let (_root, server, s3) = started().await;
    let put = s3.raw.object(Method::PUT, "a\0b").body("nul");
    assert_eq!(s3.raw.send(put).await.status, 200);
    assert_eq!(s3.raw.send(s3.raw.object(Method::GET, "a\0b")).await.text(), "nul");
    assert_eq!(s3.store.list("a").await.unwrap()[0].key, "a\0b");
    assert_eq!(s3.store.delete_prefix("a").await.unwrap(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_match_its_checksum_is_refused() {
    let (_root, server, s3) = started().await;
    // Of "123456789", as the CRC catalogue has it.
    for (name, right) in [
        ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ("x-amz-checksum-crc32c", "4waSgw=="),
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
    ] {
        let put = |body: &'static str| s3.raw.object(Method::PUT, "k").header(name, right).body(body);
        assert_eq!(s3.raw.send(put("123456780")).await.outcome(), (400, "BadDigest".to_owned()), "{name}");
        assert_eq!(s3.store.head("k").await.unwrap(), None, "{name}");
        assert_eq!(s3.raw.send(put("123456789")).await.header(name), right);
        s3.store.delete("k").await.unwrap();
    }
    server.stop().await;
}

#[tokio::test]
async fn neither_a_copy_nor_a_form_leaves_its_bucket() {
    let (root, server, s3) = started().await;
    let copy = async |source: &str| {
        let copy = s3.raw.object(Method::PUT, "stolen").header("x-amz-copy-source", source);
        s3.raw.send(copy).await.outcome()
    };
    for source in ["media/../.credentials.json", "media/..%2F.credentials.json", "/media//../../etc/passwd"] {
        assert_eq!(copy(source).await, (404, "NoSuchKey".to_owned()), "{source}");
    }
    for source in ["../.credentials.json", "..%2F.credentials.json", ".lock/x", "media", "%FF/x", ""] {
        assert_eq!(copy(source).await.0, 400, "{source}");
    }
    let before = entries(root.path());
    for key in ["../escaped", "/../../escaped", "..", "a/../../../escaped\0"] {
        assert_eq!(s3.raw.post(&Form::new(key, "x")).await.status, 204, "{key}");
    }
    assert_eq!((s3.store.list("").await.unwrap().len(), entries(root.path())), (4, before));
    let elsewhere = s3.raw.path(Method::POST, "/media%2F..%2F..");
    let form = elsewhere.header("content-type", "multipart/form-data; boundary=x").body("--x--");
    assert_eq!(s3.raw.send_unsigned(form).await.status, 405);
    server.stop().await;
}

fn entries(directory: &Path) -> Vec<OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_body_in_chunks_is_held_to_the_checksum_that_trails_it() {
    let (_root, server, s3) = started().await;
    let put = |trailer: &str, body: &str| {
        let put = s3.raw.object(Method::PUT, "k").header("content-encoding", "aws-chunked");
        put.header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .header("x-amz-decoded-content-length", "9")
            .header("x-amz-trailer", trailer.split_once(':').unwrap().0)
            .body(format!("4\r\n1234\r\n5\r\n{body}\r\n0\r\n{trailer}\r\n\r\n"))
    };
    // Of "123456789", as the CRC catalogue has it.
    for trailer in ["x-amz-checksum-crc32:y/Q5Jg==", "x-amz-checksum-crc64nvme:rosUhgp5mIg="] {
        let wrong = s3.raw.send(put(trailer, "56780")).await;
        assert_eq!(wrong.outcome(), (400, "BadDigest".to_owned()), "{trailer}");
        assert_eq!(s3.store.head("k").await.unwrap(), None, "{trailer}");
        assert_eq!(s3.raw.send(put(trailer, "56789")).await.status, 200, "{trailer}");
        let stored = s3.raw.send(s3.raw.object(Method::GET, "k")).await;
        assert_eq!((stored.text(), stored.header("content-encoding")), ("123456789".into(), String::new()));
        s3.store.delete("k").await.unwrap();
    }
    server.stop().await;
}

#[tokio::test]
async fn a_presigned_put_cannot_be_turned_into_something_else_by_headers() {
    let (_root, server, s3) = started().await;
    s3.store.put_bytes("secret", "text/plain", None, Bytes::from_static(b"x")).await.unwrap();
    let life = std::time::Duration::from_secs(60);
    let signed = s3.store.presign_part("k", "0123456789abcdef0123456789abcdef", 1, 0, life).unwrap();
    let put = reqwest::Client::new().put(signed.url).header("x-amz-copy-source", "/media/secret").body("");
    assert_eq!(put.send().await.unwrap().status(), 403);
    server.stop().await;
}

#[tokio::test]
async fn a_preflight_is_answered_without_a_signature_and_refusals_can_be_read_by_the_page() {
    let (_root, server, s3) = started().await;
    let preflight = s3
        .raw
        .object(Method::OPTIONS, "k")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type,x-amz-meta-a");
    let answer = s3.raw.send_unsigned(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-methods"), "GET, PUT, POST, DELETE, HEAD");
    assert_eq!(answer.header("access-control-allow-headers"), "content-type,x-amz-meta-a");
    assert!(!answer.header("access-control-max-age").is_empty());
    let refused =
        s3.raw.send_unsigned(s3.raw.object(Method::GET, "k").header("origin", "https://app.example")).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert!(refused.header("access-control-expose-headers").contains("ETag, Location"));
    assert_eq!(refused.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(refused.header("x-content-type-options"), "nosniff");
    server.stop().await;
}

#[tokio::test]
async fn a_failure_of_the_disk_is_answered_after_the_rest_of_the_body_was_read() {
    const BODY_BYTES: usize = 32 * 1024 * 1024;
    let (root, server, s3) = started().await;
    std::fs::remove_dir(root.path().join("media").join("t")).unwrap();
    let body = vec![7; BODY_BYTES];
    let (first, rest) = body.split_at(1024);
    let put = s3.raw.object(Method::PUT, "k");
    let mut connection = s3.raw.send_partly(put, BODY_BYTES as u64, first).await;
    // More than the buffers between the two ends hold.
    connection.write_all(rest).await.expect("the server goes on reading");
    let mut status = [0; 12];
    connection.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 500");
    server.stop().await;
}

#[tokio::test]
async fn only_the_configured_origins_may_use_the_endpoint() {
    let root = TempDir::new().unwrap();
    let config =
        EmbeddedConfig { cors_origins: vec!["https://app.example".to_owned()], ..EmbeddedConfig::default() };
    let server = RunningServer::start_with(root.path(), Arc::new(SystemClock), &config).await;
    let s3 = server.bucket("media");
    let preflight = async |origin: &str| {
        let request = s3.raw.object(Method::OPTIONS, "k").header("origin", origin);
        s3.raw.send_unsigned(request).await
    };
    assert_eq!(
        preflight("https://app.example").await.header("access-control-allow-origin"),
        "https://app.example"
    );
    let other = preflight("https://evil.example").await;
    assert_eq!((other.status.as_u16(), other.header("access-control-allow-origin")), (204, String::new()));
    assert_eq!(other.header("access-control-allow-methods"), "");
    server.stop().await;
}

#[tokio::test]
async fn completing_with_if_none_match_never_replaces_an_object_and_keeps_the_parts() {
    let (_root, server, s3) = started().await;
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"old")).await.unwrap();
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let etag = send_part(&s3, "k", &id, 1, Bytes::from_static(b"new")).await;
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete =
        s3.raw.object(Method::POST, "k").query("uploadId", &id).header("if-none-match", "*").body(body);
    assert_eq!(s3.raw.send(complete).await.outcome(), (412, "PreconditionFailed".to_owned()));
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "old");
    assert_eq!(s3.store.list_parts("k", &id).await.unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn what_ceph_lets_pass_is_refused_as_aws_refuses_it() {
    let (_root, server, s3) = started().await;
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let first = send_part(&s3, "k", &id, 1, Bytes::from(vec![1; MIB_5])).await;
    let second = send_part(&s3, "k", &id, 2, Bytes::from(vec![2; MIB_5])).await;
    let reversed = [(2, second.clone()), (1, first.clone())];
    let refused = s3.store.complete_multipart("k", &id, &reversed).await;
    assert!(matches!(refused, Err(StoreError::InvalidPart { .. })), "{refused:?}");
    for number in ["0", "10001"] {
        let put =
            s3.raw.object(Method::PUT, "k").query("uploadId", &id).query("partNumber", number).body("x");
        assert_eq!(s3.raw.send(put).await.status, 400, "{number}");
    }
    for unknown in ["0123456789abcdef0123456789abcdef", "../../x"] {
        let gone = s3.store.complete_multipart("k", unknown, &[(1, first.clone())]).await;
        assert!(matches!(gone, Err(StoreError::Gone { .. })), "{unknown}: {gone:?}");
    }
    let long = s3.raw.send(s3.raw.object(Method::PUT, &"x".repeat(1025)).body("x")).await;
    assert_eq!(long.outcome(), (400, "KeyTooLongError".to_owned()));
    let quoted = s3.raw.object(Method::PUT, "new").header("if-match", "\"0\"").body("x");
    assert_eq!(s3.raw.send(quoted).await.outcome(), (404, "NoSuchKey".to_owned()));
    s3.store.put_bytes("there", "text/plain", None, Bytes::from_static(b"x")).await.unwrap();
    let etag = s3.store.head("there").await.unwrap().unwrap().etag;
    let quoted = s3.raw.object(Method::PUT, "there").header("if-match", &format!("\"{etag}\"")).body("y");
    assert_eq!(s3.raw.send(quoted).await.status, 200);
    assert_eq!(s3.store.complete_multipart("k", &id, &[(2, second)]).await.unwrap().size, MIB_5 as u64);
    server.stop().await;
}

#[tokio::test]
async fn the_buckets_are_listed_and_created_once() {
    let (_root, server, s3) = started().await;
    let again = s3.raw.send(s3.raw.bucket(Method::PUT)).await;
    assert_eq!(again.outcome(), (409, "BucketAlreadyOwnedByYou".to_owned()));
    assert_eq!(s3.raw.send(s3.raw.path(Method::GET, "/")).await.xml_all("Name"), ["media"]);
    assert_eq!(s3.raw.send(s3.raw.path(Method::PUT, "/..")).await.status.as_u16() / 100, 4);
    let location = s3.raw.send(s3.raw.bucket(Method::GET).query("location", "")).await;
    assert!(location.status == 200 && location.text().contains("LocationConstraint"), "{}", location.text());
    server.stop().await;
}

#[tokio::test]
async fn operations_that_are_not_offered_say_so() {
    let (_root, server, s3) = started().await;
    let policy = s3.raw.bucket(Method::GET).query("policy", "");
    assert_eq!(s3.raw.send(policy).await.outcome(), (501, "NotImplemented".to_owned()));
    let redirect = Form::new("k", "x").field("success_action_redirect", "https://evil.example/");
    assert_eq!(s3.raw.post(&redirect).await.outcome(), (501, "NotImplemented".to_owned()));
    assert_eq!(s3.store.head("k").await.unwrap(), None);
    server.stop().await;
}
