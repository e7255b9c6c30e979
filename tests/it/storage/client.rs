//! The client with files.

use std::path::Path;

use bytes::Bytes;
use http::Method;
use telecine_storage::StoreError;
use telecine_tests::storage::TestBucket;
use tempfile::TempDir;

fn file_of(folder: &TempDir, length: usize) -> std::path::PathBuf {
    let path = folder.path().join(format!("{length}"));
    let bytes: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
    std::fs::write(&path, bytes).unwrap();
    path
}

fn same(one: &Path, other: &Path) -> bool {
    std::fs::read(one).unwrap() == std::fs::read(other).unwrap()
}

pub(super) async fn a_stream_of_unknown_length_comes_back_as_it_went_or_leaves_nothing(s3: &TestBucket) {
    let chunk = Bytes::from_static(&[7; 1_000_001]);
    let chunks = |count| std::iter::repeat_n(chunk.clone(), count).map(Ok::<_, std::io::Error>);
    for count in [0, 1, 23] {
        let size =
            s3.store.put_stream("k", "video/mp4", 50_000_000, futures::stream::iter(chunks(count))).await;
        assert_eq!(size.unwrap(), (count * chunk.len()) as u64);
        assert!(s3.store.exists("k").await.unwrap());
        assert_eq!(s3.store.get_bytes("k", 50_000_000).await.unwrap(), chunk.repeat(count));
    }
    s3.store.delete("k").await.unwrap();
    for count in [1, 23] {
        let stream = futures::stream::iter(chunks(count));
        let refused = s3.store.put_stream("k", "video/mp4", 1_000_000, stream).await;
        assert!(matches!(refused, Err(StoreError::TooLarge { max_bytes: 1_000_000, .. })), "{refused:?}");
        let stream = futures::stream::iter(chunks(count).chain([Err(std::io::Error::other("unplugged"))]));
        let broken = s3.store.put_stream("k", "video/mp4", 50_000_000, stream).await;
        assert!(matches!(broken, Err(StoreError::Source { .. })), "{broken:?}");
    }
    assert_eq!(s3.store.list("").await.unwrap(), []);
    assert_eq!(s3.store.list_multipart_uploads("").await.unwrap(), []);
}

pub(super) async fn small_and_large_files_come_back_as_they_went(s3: &TestBucket) {
    let folder = TempDir::new().unwrap();
    for length in [0, 1_000_000, 100_000_001] {
        let (sent, got) = (file_of(&folder, length), folder.path().join("got"));
        s3.store.put_file("k", "video/mp4", Some("max-age=60"), &sent).await.unwrap();
        let mut last = 0;
        let size = s3.store.download("k", None, &got, |so_far| last = so_far).await.unwrap();
        assert_eq!((size, last), (length as u64, length as u64));
        assert!(same(&sent, &got), "{length}");
        let stored = s3.store.head("k").await.unwrap().unwrap();
        assert_eq!(stored.content_type.as_deref(), Some("video/mp4"));
        assert_eq!(stored.etag.contains('-'), length > 100_000_000);
        let head = s3.raw.send(s3.raw.object(Method::HEAD, "k")).await;
        assert_eq!(head.header("cache-control"), "max-age=60");
    }
    assert_eq!(s3.store.list_multipart_uploads("").await.unwrap(), []);
}

pub(super) async fn a_download_wants_the_object_it_was_asked_for(s3: &TestBucket) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("got");
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"one")).await.unwrap();
    let etag = s3.store.head("k").await.unwrap().unwrap().etag;
    assert_eq!(s3.store.download("k", Some(&etag), &path, |_| ()).await.unwrap(), 3);
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"two")).await.unwrap();
    let changed = s3.store.download("k", Some(&etag), &path, |_| ()).await;
    assert!(matches!(changed, Err(StoreError::Changed { .. })), "{changed:?}");
    let missing = s3.store.download("none", None, &path, |_| ()).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })), "{missing:?}");
    assert!(!path.exists());
}

pub(super) async fn a_small_read_does_not_take_a_large_object(s3: &TestBucket) {
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"12345")).await.unwrap();
    assert_eq!(s3.store.get_bytes("k", 5).await.unwrap(), "12345");
    let refused = s3.store.get_bytes("k", 4).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { max_bytes: 4, .. })), "{refused:?}");
    assert!(matches!(s3.store.get_bytes("none", 4).await, Err(StoreError::NotFound { .. })));
}

pub(super) async fn a_file_that_is_not_there_is_an_error_about_the_file(s3: &TestBucket) {
    let missing = s3.store.put_file("k", "video/mp4", None, Path::new("/no/such/file")).await;
    assert!(matches!(missing, Err(StoreError::LocalFile { .. })), "{missing:?}");
    assert_eq!(s3.store.head("k").await.unwrap(), None);
}
