//! Copies: objects and parts made of bytes that are already there.

use bytes::Bytes;
use http::Method;
use telecine_tests::raw_s3::{RawAnswer, RawRequest};
use telecine_tests::storage::TestBucket;
use tempfile::TempDir;

use super::embedded::{names, started};
use super::multipart::{MIB_5, send_part};

/// A request to copy `source`, percent-encoded by the caller, to `target`.
fn copy(s3: &TestBucket, source: &str, target: &str) -> RawRequest {
    let source = format!("/{}/{source}", s3.raw.bucket_name());
    s3.raw.object(Method::PUT, target).header("x-amz-copy-source", &source).header("content-length", "0")
}

async fn put(s3: &TestBucket, key: &str, headers: &[(&str, &str)], body: &'static str) {
    let put = s3.raw.object(Method::PUT, key).body(body);
    let put = headers.iter().fold(put, |put, (name, value)| put.header(name, value));
    assert_eq!(s3.raw.send(put).await.status, 200);
}

async fn head(s3: &TestBucket, key: &str) -> RawAnswer {
    s3.raw.send(s3.raw.object(Method::HEAD, key)).await
}

pub(super) async fn a_copy_has_the_bytes_and_the_headers_of_its_source_and_outlives_it(s3: &TestBucket) {
    put(s3, "a b/ü+.txt", &[("content-type", "text/x"), ("x-amz-meta-colour", "blue")], "bytes").await;
    let copied = s3.raw.send(copy(s3, "a%20b/%C3%BC%2B.txt", "copy")).await;
    assert_eq!(copied.status, 200, "{}", copied.text());
    assert!(copied.xml("ETag").contains("4b3a6218bb3e3a7303e8a171a60fcf92"), "{}", copied.text());
    s3.store.delete("a b/ü+.txt").await.unwrap();
    assert_eq!(s3.store.get_bytes("copy", 10).await.unwrap(), "bytes");
    let head = head(s3, "copy").await;
    assert_eq!(
        (head.header("content-type"), head.header("x-amz-meta-colour")),
        ("text/x".into(), "blue".into())
    );
}

pub(super) async fn a_copy_replaces_headers_when_asked_to_also_of_the_object_itself(s3: &TestBucket) {
    put(s3, "k", &[("content-type", "text/x"), ("x-amz-meta-colour", "blue")], "bytes").await;
    let same = s3.raw.send(copy(s3, "k", "k")).await;
    assert_eq!(same.outcome(), (400, "InvalidRequest".to_owned()));
    let replace = copy(s3, "k", "k")
        .header("x-amz-metadata-directive", "REPLACE")
        .header("content-type", "text/y")
        .header("x-amz-meta-size", "small");
    assert_eq!(s3.raw.send(replace).await.status, 200);
    let head = head(s3, "k").await;
    assert_eq!(head.header("content-type"), "text/y");
    assert_eq!(
        (head.header("x-amz-meta-colour"), head.header("x-amz-meta-size")),
        (String::new(), "small".into())
    );
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "bytes");
}

pub(super) async fn a_copy_of_nothing_is_an_error(s3: &TestBucket) {
    let missing = s3.raw.send(copy(s3, "nothing", "copy")).await;
    assert_eq!(missing.outcome(), (404, "NoSuchKey".to_owned()));
}

pub(super) async fn parts_are_copied_from_ranges_and_from_whole_objects(s3: &TestBucket) {
    let source: Vec<u8> = (0..MIB_5 + 100).map(|i| (i % 251) as u8).collect();
    s3.store.put_bytes("source", "text/plain", None, Bytes::from(source.clone())).await.unwrap();
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let part = |number: &str, range: Option<String>| {
        let copy = copy(s3, "source", "k").query("uploadId", &id).query("partNumber", number);
        range.into_iter().fold(copy, |copy, range| copy.header("x-amz-copy-source-range", &range))
    };
    let whole = s3.raw.send(part("1", None)).await;
    assert_eq!(whole.status, 200, "{}", whole.text());
    let end = s3.raw.send(part("2", Some(format!("bytes={MIB_5}-{}", MIB_5 + 99)))).await;
    let parts = [(1, whole.xml("ETag")), (2, end.xml("ETag"))];
    s3.store.complete_multipart("k", &id, &parts).await.unwrap();
    let joined = s3.store.get_bytes("k", 1 << 30).await.unwrap();
    assert_eq!(joined, [&source[..], &source[MIB_5..]].concat());
}

/// Ceph takes what there is.
#[tokio::test]
async fn a_part_beyond_the_end_of_its_source_is_refused() {
    let (_root, server, s3) = started().await;
    s3.store.put_bytes("source", "text/plain", None, Bytes::from_static(b"0123456789")).await.unwrap();
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let part = copy(&s3, "source", "k").query("uploadId", &id).query("partNumber", "1");
    let beyond = s3.raw.send(part.header("x-amz-copy-source-range", "bytes=0-10")).await;
    assert_eq!(beyond.outcome(), (416, "InvalidRange".to_owned()));
    assert_eq!(s3.store.list_parts("k", &id).await.unwrap(), []);
    server.stop().await;
}

pub(super) async fn a_copy_of_a_multipart_object_is_whole(s3: &TestBucket) {
    let id = s3.store.create_multipart("source", "video/mp4").await.unwrap();
    let first = send_part(s3, "source", &id, 1, Bytes::from(vec![1; MIB_5])).await;
    let last = send_part(s3, "source", &id, 2, Bytes::from_static(b"end")).await;
    s3.store.complete_multipart("source", &id, &[(1, first), (2, last)]).await.unwrap();
    assert_eq!(s3.raw.send(copy(s3, "source", "copy")).await.status, 200);
    s3.store.delete("source").await.unwrap();
    let copied = s3.store.get_bytes("copy", 1 << 30).await.unwrap();
    assert_eq!(copied.len(), MIB_5 + 3);
    assert!(copied.ends_with(b"\x01end"));
}

#[tokio::test]
async fn a_copy_wants_the_source_it_was_asked_for() {
    // Ceph does not read these headers.
    let (_root, server, s3) = started().await;
    put(&s3, "k", &[], "bytes").await;
    let etag = format!("\"{}\"", s3.store.head("k").await.unwrap().unwrap().etag);
    let copy_if = async |name: &str, value: &str| {
        s3.raw.send(copy(&s3, "k", "copy").header(name, value)).await.status.as_u16()
    };
    assert_eq!(copy_if("x-amz-copy-source-if-match", "\"other\"").await, 412);
    assert_eq!(copy_if("x-amz-copy-source-if-none-match", &etag).await, 412);
    let (past, future) = ("Mon, 01 Jan 2001 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT");
    assert_eq!(copy_if("x-amz-copy-source-if-unmodified-since", past).await, 412);
    assert_eq!(s3.store.head("copy").await.unwrap(), None);
    assert_eq!(copy_if("x-amz-copy-source-if-match", &etag).await, 200);
    assert_eq!(copy_if("x-amz-copy-source-if-unmodified-since", future).await, 200);
    assert_eq!(copy_if("if-none-match", "*").await, 412);
    server.stop().await;
}

#[tokio::test]
async fn a_copy_takes_no_room_and_leaves_nothing_behind() {
    let (root, server, s3) = started().await;
    let id = s3.store.create_multipart("m", "video/mp4").await.unwrap();
    let etag = send_part(&s3, "m", &id, 1, Bytes::from_static(b"part")).await;
    s3.store.complete_multipart("m", &id, &[(1, etag)]).await.unwrap();
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"single")).await.unwrap();
    for key in ["k", "m"] {
        let copy = |target: &str| {
            s3.raw.object(Method::PUT, target).header("x-amz-copy-source", &format!("media/{key}"))
        };
        // The second copy replaces the first.
        for target in ["copy", "copy"] {
            assert_eq!(s3.raw.send(copy(target)).await.status, 200, "{key}");
        }
        let refused = s3.raw.send(copy("copy").header("if-none-match", "*")).await;
        assert_eq!(refused.outcome(), (412, "PreconditionFailed".to_owned()), "{key}");
        assert_eq!(names(&root, "d").len(), 3, "{key}");
        assert_eq!(links(&root), 2, "{key}");
    }
    assert_eq!(s3.store.delete_prefix("c").await.unwrap(), 1);
    assert_eq!(s3.store.get_bytes("m", 10).await.unwrap(), "part");
    for directory in ["w", "t", "u"] {
        assert_eq!(names(&root, directory), [""; 0], "{directory}");
    }
    assert_eq!((names(&root, "d").len(), links(&root)), (2, 1));
    server.stop().await;
}

/// How many names the bytes of the bucket have that have the most.
fn links(root: &TempDir) -> u64 {
    fn most(path: &std::path::Path) -> u64 {
        let found = std::fs::metadata(path).unwrap();
        if found.is_file() {
            return std::os::unix::fs::MetadataExt::nlink(&found);
        }
        std::fs::read_dir(path).unwrap().map(|entry| most(&entry.unwrap().path())).max().unwrap_or(0)
    }
    most(&root.path().join("media/d"))
}
