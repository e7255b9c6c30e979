//! Lists: order, pages, prefixes and encoding.

use bytes::Bytes;
use http::Method;
use telecine_tests::storage::TestBucket;

async fn write_all(s3: &TestBucket, keys: &[&str]) {
    for key in keys {
        s3.store.put_bytes(key, "text/plain", None, Bytes::from_static(b"x")).await.unwrap();
    }
}

pub(super) async fn objects_are_listed_in_byte_order_with_size_and_etag(s3: &TestBucket) {
    write_all(s3, &["a/b", "a-b", "a", "a0", "B", "é", "a/a"]).await;
    let listed = s3.store.list("").await.unwrap();
    let keys: Vec<_> = listed.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, ["B", "a", "a-b", "a/a", "a/b", "a0", "é"]);
    assert!(
        listed.iter().all(|object| object.size == 1 && object.etag == "9dd4e461268c8034f5c8564e155c67a6")
    );
    assert_eq!(s3.store.list("a/").await.unwrap().len(), 2);
    assert_eq!(s3.store.list("zzz").await.unwrap(), []);
}

pub(super) async fn pages_join_without_gap_or_repetition_also_over_common_prefixes(s3: &TestBucket) {
    write_all(s3, &["a/1", "a/2", "b", "c/1", "c/2/3", "d"]).await;
    let (mut entries, mut token) = (Vec::new(), String::new());
    loop {
        let mut get = s3.raw.bucket(Method::GET).query("list-type", "2").query("delimiter", "/");
        if !token.is_empty() {
            get = get.query("continuation-token", &token);
        }
        let page = s3.raw.send(get.query("max-keys", "1")).await;
        assert_eq!(page.xml("KeyCount"), "1", "{}", page.text());
        entries.extend(page.xml_all("Key"));
        entries.extend(
            page.xml_all("CommonPrefixes")
                .iter()
                .map(|inner| inner.replace("<Prefix>", "").replace("</Prefix>", "")),
        );
        token = page.xml("NextContinuationToken");
        if page.xml("IsTruncated") != "true" {
            break;
        }
    }
    assert_eq!(entries, ["a/", "b", "c/", "d"]);
}

pub(super) async fn the_first_version_of_lists_pages_with_markers(s3: &TestBucket) {
    write_all(s3, &["a/1", "a/2", "b", "c/1", "c/2/3", "d"]).await;
    let (mut entries, mut marker) = (Vec::new(), String::new());
    loop {
        let get = s3.raw.bucket(Method::GET).query("delimiter", "/").query("marker", &marker);
        let page = s3.raw.send(get.query("max-keys", "1")).await;
        entries.extend(page.xml_all("Key"));
        entries.extend(
            page.xml_all("CommonPrefixes")
                .iter()
                .map(|inner| inner.replace("<Prefix>", "").replace("</Prefix>", "")),
        );
        marker = page.xml("NextMarker");
        if page.xml("IsTruncated") != "true" {
            break;
        }
    }
    assert_eq!(entries, ["a/", "b", "c/", "d"]);
}

pub(super) async fn a_list_starts_after_a_key_and_below_a_prefix(s3: &TestBucket) {
    write_all(s3, &["v/1", "v/2", "v/3", "w/1"]).await;
    let get =
        s3.raw.bucket(Method::GET).query("list-type", "2").query("prefix", "v/").query("start-after", "v/1");
    assert_eq!(s3.raw.send(get).await.xml_all("Key"), ["v/2", "v/3"]);
}

pub(super) async fn keys_are_encoded_when_asked_for(s3: &TestBucket) {
    write_all(s3, &["a b", "c&d"]).await;
    let get = s3.raw.bucket(Method::GET).query("list-type", "2");
    let plain = s3.raw.send(get.clone()).await;
    assert_eq!(plain.xml_all("Key"), ["a b", "c&amp;d"]);
    let encoded = s3.raw.send(get.query("encoding-type", "url")).await.xml_all("Key");
    assert!(matches!(encoded[0].as_str(), "a%20b" | "a+b"), "{encoded:?}");
    assert_eq!(encoded[1], "c%26d");
}

pub(super) async fn everything_under_a_prefix_is_deleted_and_nothing_else(s3: &TestBucket) {
    write_all(s3, &["v/1", "v/2/3", "v/4", "vv", "w/1"]).await;
    assert_eq!(s3.store.delete_prefix("v/").await.unwrap(), 3);
    let left: Vec<_> = s3.store.list("").await.unwrap().into_iter().map(|object| object.key).collect();
    assert_eq!(left, ["vv", "w/1"]);
    assert_eq!(s3.store.delete_prefix("v/").await.unwrap(), 0);
    assert!(s3.store.delete_prefix("").await.is_err());
}
