//! Multipart uploads: what may go wrong with parts, and what must not be lost when it does.

use bytes::Bytes;
use http::Method;
use telecine_storage::StoreError;
use telecine_tests::storage::TestBucket;

/// The smallest part that is not the last.
pub(crate) const MIB_5: usize = 5 * 1024 * 1024;

/// Sends a part and gives its ETag as the server wrote it.
pub(crate) async fn send_part(
    s3: &TestBucket,
    key: &str,
    upload_id: &str,
    number: u16,
    body: Bytes,
) -> String {
    let put = s3.raw.object(Method::PUT, key).query("uploadId", upload_id);
    let answer = s3.raw.send(put.query("partNumber", &number.to_string()).body(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("etag")
}

fn filled(byte: u8, length: usize) -> Bytes {
    Bytes::from(vec![byte; length])
}

async fn read(s3: &TestBucket, key: &str) -> Bytes {
    s3.store.get_bytes(key, 1 << 30).await.unwrap()
}

pub(super) async fn parts_in_any_order_and_with_gaps_become_one_object_and_completing_twice_gives_the_same(
    s3: &TestBucket,
) {
    let id = s3.store.create_multipart("a/b", "video/mp4").await.unwrap();
    let seventh = send_part(s3, "a/b", &id, 7, filled(7, 10)).await;
    let second = send_part(s3, "a/b", &id, 2, filled(2, MIB_5)).await;
    let parts = [(2, second), (7, seventh)];
    let stored = s3.store.complete_multipart("a/b", &id, &parts).await.unwrap();
    assert_eq!(stored.size, MIB_5 as u64 + 10);
    assert_eq!(stored.content_type.as_deref(), Some("video/mp4"));
    assert!(stored.etag.ends_with("-2"));
    assert_eq!(read(s3, "a/b").await, [filled(2, MIB_5), filled(7, 10)].concat());
    assert_eq!(s3.store.complete_multipart("a/b", &id, &parts).await.unwrap(), stored);
}

pub(super) async fn a_missing_part_a_wrong_etag_and_a_small_part_are_refused_and_cost_nothing(
    s3: &TestBucket,
) {
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let first = send_part(s3, "k", &id, 1, filled(1, MIB_5)).await;
    let small = send_part(s3, "k", &id, 2, filled(2, 9)).await;
    let last = send_part(s3, "k", &id, 3, filled(3, 9)).await;
    let complete = async |parts: &[(u16, &str)]| {
        let parts: Vec<_> = parts.iter().map(|(number, etag)| (*number, (*etag).to_owned())).collect();
        s3.store.complete_multipart("k", &id, &parts).await
    };
    let missing = complete(&[(1, &first), (4, &last)]).await;
    assert!(matches!(missing, Err(StoreError::InvalidPart { .. })), "{missing:?}");
    let wrong = complete(&[(1, &last), (3, &last)]).await;
    assert!(matches!(wrong, Err(StoreError::InvalidPart { .. })), "{wrong:?}");
    let too_small = complete(&[(1, &first), (2, &small), (3, &last)]).await;
    assert!(matches!(too_small, Err(StoreError::TooSmall { .. })), "{too_small:?}");
    assert_eq!(s3.store.list_parts("k", &id).await.unwrap().len(), 3);
    // Ceph completes only when every part that was sent is listed.
    let full = send_part(s3, "k", &id, 2, filled(2, MIB_5)).await;
    let stored = complete(&[(1, &first), (2, &full), (3, &last)]).await.unwrap();
    assert_eq!(stored.size, 2 * MIB_5 as u64 + 9);
}

pub(super) async fn parts_are_listed_in_order_with_sizes_and_the_last_sending_wins(s3: &TestBucket) {
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    for number in [10, 4, 1] {
        send_part(s3, "k", &id, number, filled(0, usize::from(number))).await;
    }
    let newest = send_part(s3, "k", &id, 4, filled(9, 44)).await;
    let parts = s3.store.list_parts("k", &id).await.unwrap();
    assert_eq!(
        parts.iter().map(|part| (part.number, part.size)).collect::<Vec<_>>(),
        [(1, 1), (4, 44), (10, 10)]
    );
    assert_eq!(parts[1].etag, newest.trim_matches('"'));
}

pub(super) async fn a_list_of_parts_is_paged(s3: &TestBucket) {
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    for number in 1..=5 {
        send_part(s3, "k", &id, number, filled(0, 1)).await;
    }
    let page = s3.raw.object(Method::GET, "k").query("uploadId", &id).query("max-parts", "2");
    let first = s3.raw.send(page.clone()).await;
    assert_eq!((first.xml("IsTruncated"), first.xml("NextPartNumberMarker")), ("true".into(), "2".into()));
    let last = s3.raw.send(page.query("part-number-marker", "4")).await;
    assert_eq!((last.xml("IsTruncated"), last.xml_all("PartNumber")), ("false".into(), vec!["5".to_owned()]));
}

pub(super) async fn the_parts_of_an_upload_that_never_was_are_gone_and_its_abort_is_fine(s3: &TestBucket) {
    for id in ["0123456789abcdef0123456789abcdef", "../../x"] {
        let listed = s3.store.list_parts("k", id).await;
        assert!(matches!(listed, Err(StoreError::Gone { .. })), "{id}: {listed:?}");
        s3.store.abort_multipart("k", id).await.unwrap();
    }
}

pub(super) async fn after_an_abort_nothing_is_left_and_no_part_is_taken(s3: &TestBucket) {
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    send_part(s3, "k", &id, 1, filled(1, 10)).await;
    s3.store.abort_multipart("k", &id).await.unwrap();
    s3.store.abort_multipart("k", &id).await.unwrap();
    let late = s3.raw.object(Method::PUT, "k").query("uploadId", &id).query("partNumber", "2");
    assert_eq!(s3.raw.send(late.body("x")).await.status, 404);
    assert!(matches!(s3.store.list_parts("k", &id).await, Err(StoreError::Gone { .. })));
    assert_eq!(s3.store.list_multipart_uploads("").await.unwrap(), []);
}

pub(super) async fn a_part_under_another_key_is_refused(s3: &TestBucket) {
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let put = |key: &str, number: &str| {
        s3.raw.object(Method::PUT, key).query("uploadId", &id).query("partNumber", number).body("x")
    };
    assert_eq!(s3.raw.send(put("other", "1")).await.status, 404);
    assert_eq!(s3.store.list_parts("k", &id).await.unwrap(), []);
}

pub(super) async fn open_uploads_are_listed_by_prefix(s3: &TestBucket) {
    let first = s3.store.create_multipart("v/1", "video/mp4").await.unwrap();
    s3.store.create_multipart("w/1", "video/mp4").await.unwrap();
    let uploads = s3.store.list_multipart_uploads("v/").await.unwrap();
    assert_eq!(uploads.len(), 1);
    assert_eq!((uploads[0].key.as_str(), uploads[0].upload_id.as_str()), ("v/1", first.as_str()));
    assert!(uploads[0].initiated.is_some());
    assert_eq!(s3.store.list_multipart_uploads("").await.unwrap().len(), 2);
}

pub(super) async fn a_completed_upload_replaces_the_object_and_carries_location_and_key(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"old")).await.unwrap();
    let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
    let etag = send_part(s3, "k", &id, 1, filled(5, 20)).await;
    assert_eq!(read(s3, "k").await, "old");
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let answer = s3.raw.send(s3.raw.object(Method::POST, "k").query("uploadId", &id).body(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.xml("Location").ends_with("/k") && answer.xml("Key") == "k", "{}", answer.text());
    assert_eq!(read(s3, "k").await, filled(5, 20));
    assert_eq!(s3.store.list_multipart_uploads("").await.unwrap(), []);
}
