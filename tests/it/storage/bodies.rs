//! Bodies: what is announced must arrive, and what does not arrive whole changes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::Method;
use md5::{Digest as _, Md5};
use telecine_tests::storage::TestBucket;

pub(super) async fn a_body_that_does_not_match_its_md5_is_refused_and_the_old_object_stands(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"old")).await.unwrap();
    let put = |md5: &str| s3.raw.object(Method::PUT, "k").header("content-md5", md5).body("new");
    let wrong = s3.raw.send(put(&BASE64.encode([0; 16]))).await;
    assert_eq!(wrong.outcome(), (400, "BadDigest".to_owned()));
    assert_eq!(s3.raw.send(put("nonsense")).await.outcome(), (400, "InvalidDigest".to_owned()));
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "old");
    assert_eq!(s3.raw.send(put(&BASE64.encode(Md5::digest("new")))).await.status, 200);
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "new");
}

pub(super) async fn a_cut_connection_leaves_the_old_object(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"old")).await.unwrap();
    let connection = s3.raw.send_partly(s3.raw.object(Method::PUT, "k"), 2_000_000, &[7; 1_000_000]).await;
    drop(connection);
    // A request on the same key after the cut sees the old object, whatever the server still does.
    assert_eq!(s3.store.get_bytes("k", 10).await.unwrap(), "old");
}

pub(super) async fn type_disposition_encoding_caching_and_metadata_come_back_with_the_bytes(s3: &TestBucket) {
    let headers = [
        ("content-type", "video/mp4"),
        ("cache-control", "public, max-age=60"),
        ("content-disposition", "inline"),
        ("content-encoding", "gzip"),
        ("x-amz-meta-colour", "blue"),
    ];
    let put = headers.iter().fold(s3.raw.object(Method::PUT, "k").body("x"), |put, (n, v)| put.header(n, v));
    assert_eq!(s3.raw.send(put).await.status, 200);
    for method in [Method::GET, Method::HEAD] {
        let answer = s3.raw.send(s3.raw.object(method, "k")).await;
        for (name, value) in headers {
            assert_eq!(answer.header(name), value, "{name}");
        }
        assert_eq!(answer.header("accept-ranges"), "bytes");
    }
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"y")).await.unwrap();
    assert_eq!(s3.raw.send(s3.raw.object(Method::HEAD, "k")).await.header("x-amz-meta-colour"), "");
}

pub(super) async fn deleting_what_is_not_there_is_fine(s3: &TestBucket) {
    s3.store.delete("nothing").await.unwrap();
    s3.store.put_bytes("k", "text/plain", None, Bytes::new()).await.unwrap();
    s3.store.delete("k").await.unwrap();
    assert_eq!(s3.store.head("k").await.unwrap(), None);
    s3.store.ensure_bucket().await.unwrap();
}
