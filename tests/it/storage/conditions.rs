//! If-Match and its relatives, on reads and writes.

use bytes::Bytes;
use http::Method;
use telecine_tests::storage::TestBucket;

async fn put(s3: &TestBucket, header: (&str, &str), body: &'static str) -> u16 {
    let put = s3.raw.object(Method::PUT, "k").header(header.0, header.1).body(body);
    s3.raw.send(put).await.status.as_u16()
}

async fn get(s3: &TestBucket, header: (&str, &str)) -> u16 {
    s3.raw.send(s3.raw.object(Method::GET, "k").header(header.0, header.1)).await.status.as_u16()
}

pub(super) async fn a_write_if_absent_or_if_unchanged_never_replaces_another_object(s3: &TestBucket) {
    assert_eq!(put(s3, ("if-none-match", "*"), "first").await, 200);
    assert_eq!(put(s3, ("if-none-match", "*"), "second").await, 412);
    assert_eq!(put(s3, ("if-match", "\"00000000000000000000000000000000\""), "second").await, 412);
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "first");
    // Ceph compares with and AWS without the quotes, so one of the two spellings holds everywhere.
    let etag = s3.store.head("k").await.unwrap().unwrap().etag;
    let quoted = put(s3, ("if-match", &format!("\"{etag}\"")), "second").await;
    if quoted != 200 {
        assert_eq!(put(s3, ("if-match", &etag), "second").await, 200);
    }
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "second");
}

pub(super) async fn a_write_if_unchanged_needs_an_object(s3: &TestBucket) {
    // AWS and the embedded endpoint say 404, Ceph says 412; nobody writes.
    assert!(matches!(put(s3, ("if-match", "\"0\""), "x").await, 404 | 412));
    assert_eq!(s3.store.head("k").await.unwrap(), None);
}

pub(super) async fn a_read_is_304_for_what_the_client_has_and_412_for_what_is_no_more(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"x")).await.unwrap();
    let etag = format!("\"{}\"", s3.store.head("k").await.unwrap().unwrap().etag);
    assert_eq!(get(s3, ("if-none-match", &etag)).await, 304);
    assert_eq!(get(s3, ("if-none-match", "\"other\"")).await, 200);
    assert_eq!(get(s3, ("if-match", &etag)).await, 200);
    assert_eq!(get(s3, ("if-match", "\"other\"")).await, 412);
    let modified = s3.raw.send(s3.raw.object(Method::GET, "k")).await.header("last-modified");
    assert_eq!(get(s3, ("if-modified-since", &modified)).await, 304);
    assert_eq!(get(s3, ("if-unmodified-since", "Mon, 01 Jan 2001 00:00:00 GMT")).await, 412);
}

pub(super) async fn many_writers_if_absent_have_one_winner(s3: &TestBucket) {
    let statuses = futures::future::join_all((0..8).map(|_| put(s3, ("if-none-match", "*"), "x"))).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
}
