//! Keys that a file system would take for something else.

use bytes::Bytes;
use http::Method;
use telecine_storage::StoreError;
use telecine_tests::storage::TestBucket;

async fn write(s3: &TestBucket, key: &str, body: &str) {
    let answer = s3.raw.send(s3.raw.object(Method::PUT, key).body(body.to_owned())).await;
    assert_eq!(answer.status, 200, "{key:?}: {}", answer.text());
}

async fn read(s3: &TestBucket, key: &str) -> Option<String> {
    let answer = s3.raw.send(s3.raw.object(Method::GET, key)).await;
    (answer.status == 200).then(|| answer.text())
}

async fn all_keys(s3: &TestBucket) -> Vec<String> {
    s3.store.list("").await.unwrap().into_iter().map(|object| object.key).collect()
}

pub(super) async fn a_file_and_a_directory_of_one_name_live_side_by_side(s3: &TestBucket) {
    for key in ["f", "f/child", "f/", "f//"] {
        write(s3, key, key).await;
    }
    assert_eq!(all_keys(s3).await, ["f", "f/", "f//", "f/child"]);
    s3.store.delete("f").await.unwrap();
    assert_eq!(read(s3, "f").await, None);
    for key in ["f/child", "f/", "f//"] {
        assert_eq!(read(s3, key).await.as_deref(), Some(key));
    }
}

pub(super) async fn keys_that_walk_stay_where_they_are(s3: &TestBucket) {
    s3.store.put_bytes("victim", "text/plain", None, Bytes::from_static(b"safe")).await.unwrap();
    let keys = ["..", "../contract/victim", "../../victim", "a/..", "a/../victim", ".", "./victim"];
    for key in keys {
        write(s3, key, key).await;
    }
    for key in keys {
        assert_eq!(read(s3, key).await.as_deref(), Some(key));
    }
    assert_eq!(read(s3, "victim").await.as_deref(), Some("safe"));
    assert_eq!(all_keys(s3).await.len(), keys.len() + 1);
}

pub(super) async fn leading_slashes_control_characters_and_other_scripts_are_part_of_the_key(
    s3: &TestBucket,
) {
    let keys = ["/lead", "//lead", "tab\tnew\nline", "ü/é ☃", "a+b c%20d", "?q#f&x=1", "\\..\\win", "con"];
    for key in keys {
        write(s3, key, key).await;
    }
    for key in keys {
        assert_eq!(read(s3, key).await.as_deref(), Some(key), "{key:?}");
    }
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    assert_eq!(all_keys(s3).await, expected);
}

pub(super) async fn long_keys_up_to_1024_bytes_work_and_longer_ones_do_not(s3: &TestBucket) {
    let segments = "s/".repeat(200) + "end";
    for key in ["x".repeat(180), "x".repeat(250), "ü".repeat(450), "x".repeat(1024), segments] {
        write(s3, &key, "long").await;
        assert_eq!(read(s3, &key).await.as_deref(), Some("long"), "{} bytes", key.len());
    }
    let answer = s3.raw.send(s3.raw.object(Method::PUT, &"x".repeat(1025)).body("x")).await;
    // AWS and the embedded endpoint say KeyTooLongError, Ceph says InvalidObjectName.
    assert_eq!(answer.status, 400);
}

pub(super) async fn the_client_refuses_keys_that_an_address_would_change(s3: &TestBucket) {
    for key in ["..", "../other/x", "/lead", ""] {
        let refused = s3.store.put_bytes(key, "text/plain", None, Bytes::new()).await;
        assert!(matches!(refused, Err(StoreError::InvalidKey { .. })), "{key}: {refused:?}");
    }
    assert_eq!(all_keys(s3).await, [""; 0]);
}

pub(super) async fn a_missing_bucket_is_404_and_stays_missing(s3: &TestBucket) {
    let put = s3.raw.path(Method::PUT, "/no-such-bucket-here/k").body("x");
    assert_eq!(s3.raw.send(put).await.outcome(), (404, "NoSuchBucket".to_owned()));
    let head = s3.raw.path(Method::HEAD, "/no-such-bucket-here");
    assert_eq!(s3.raw.send(head).await.status, 404);
}
