//! Ranges, as players ask for them.

use bytes::Bytes;
use http::Method;
use telecine_tests::storage::TestBucket;

use super::multipart::{MIB_5, send_part};

async fn get(s3: &TestBucket, key: &str, range: &str) -> (u16, String, Bytes) {
    let answer = s3.raw.send(s3.raw.object(Method::GET, key).header("range", range)).await;
    (answer.status.as_u16(), answer.header("content-range"), answer.body)
}

pub(super) async fn first_to_last_open_and_suffix_ranges_give_their_bytes(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"0123456789")).await.unwrap();
    for (range, content_range, body) in [
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-2", "bytes 8-9/10", "89"),
        ("bytes=8-100", "bytes 8-9/10", "89"),
        ("bytes=0-0", "bytes 0-0/10", "0"),
    ] {
        assert_eq!(get(s3, "k", range).await, (206, content_range.to_owned(), Bytes::from(body)), "{range}");
    }
    assert_eq!(get(s3, "k", "bytes=10-").await.0, 416);
}

pub(super) async fn a_range_crosses_the_border_of_two_parts(s3: &TestBucket) {
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let first = send_part(s3, "k", &id, 1, Bytes::from(vec![b'a'; MIB_5])).await;
    let second = send_part(s3, "k", &id, 2, Bytes::from(vec![b'b'; 100])).await;
    s3.store.complete_multipart("k", &id, &[(1, first), (2, second)]).await.unwrap();
    let (status, _, body) = get(s3, "k", &format!("bytes={}-{}", MIB_5 - 2, MIB_5 + 2)).await;
    assert_eq!((status, body), (206, Bytes::from("aabbb")));
}

pub(super) async fn an_empty_object_is_an_object(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::new()).await.unwrap();
    assert_eq!(s3.store.head("k").await.unwrap().unwrap().size, 0);
    assert_eq!(s3.store.get_bytes("k", 0).await.unwrap(), "");
    assert_eq!(get(s3, "k", "bytes=0-").await.0, 416);
    assert_eq!(get(s3, "k", "bytes=-5").await.0, 416);
}
