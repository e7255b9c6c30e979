//! A disk that is full in the middle of a write: nothing torn, nothing left, and room again after a delete.

use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use http::Method;
use telecine_storage::ObjectStore;
use telecine_tests::raw_s3::RawS3;
use tempfile::TempDir;

use super::crash::{files_in, start_child_on_small_disk};

/// Whether a process of this user may have a small disk of its own.
fn can_mount() -> bool {
    let tried = Command::new("unshare").args(["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: unshare -Urm cannot mount a small disk here");
    }
    can
}

async fn put(raw: &RawS3, key: &str, length: usize) -> (u16, String) {
    raw.send(raw.object(Method::PUT, key).body(vec![7; length])).await.outcome()
}

/// Appends to a file until the disk takes no byte more.
fn take_what_is_left(path: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    while file.write(&[7; 512]).is_ok_and(|written| written > 0) {}
}

async fn sizes(store: &ObjectStore) -> Vec<u64> {
    store.list("").await.unwrap().iter().map(|object| object.size).collect()
}

#[tokio::test]
async fn a_write_that_fills_the_disk_is_refused_and_leaves_the_old_object_and_no_trace() {
    if !can_mount() {
        return;
    }
    let root = TempDir::new().unwrap();
    let (child, s3) = start_child_on_small_disk(&root).await;
    s3.store.ensure_bucket().await.unwrap();
    s3.store.put_bytes("k", "text/plain", None, Bytes::from(vec![1; 4_000_000])).await.unwrap();
    let bucket: PathBuf = child.seen_by_child(&root.path().join("media"));
    let full = (507, "InsufficientStorage".to_owned());
    assert_eq!(put(&s3.raw, "k", 40_000_000).await, full);
    let id = s3.store.create_multipart("m", "video/mp4").await.unwrap();
    let part = s3.raw.object(Method::PUT, "m").query("uploadId", &id).query("partNumber", "1");
    assert_eq!(s3.raw.send(part.body(vec![7; 40_000_000])).await.outcome(), full);
    assert_eq!(s3.store.get_bytes("k", 5_000_000).await.unwrap(), vec![1; 4_000_000]);
    assert_eq!(s3.store.list_parts("m", &id).await.unwrap(), []);
    s3.store.abort_multipart("m", &id).await.unwrap();
    assert_eq!((files_in(&bucket.join("t")), files_in(&bucket.join("d"))), (0, 1));

    let parts = s3.store.create_multipart("parts", "video/mp4").await.unwrap();
    let part = s3.raw.object(Method::PUT, "parts").query("uploadId", &parts).query("partNumber", "1");
    assert_eq!(s3.raw.send(part.body(vec![7; 10_000])).await.status, 200);
    // Filled to the last byte: records cannot be written any more, but objects can still be deleted.
    let mut written = 0;
    let mut length = 4_000_000;
    while length > 0 {
        match put(&s3.raw, &format!("fill/{written}"), length).await.0 {
            200 => written += 1,
            507 => length /= 2,
            other => panic!("{other}"),
        }
    }
    assert_eq!(put(&s3.raw, "k", 1).await, full);
    assert_eq!(sizes(&s3.store).await.len(), written + 1);
    assert_eq!(files_in(&bucket.join("t")), 0);
    assert_eq!(s3.store.get_bytes("k", 5_000_000).await.unwrap().len(), 4_000_000);

    // Somebody else takes the rest: not even the note of a deletion finds room.
    let taken = child.seen_by_child(&root.path().join("taken"));
    let blobs = || files_in(&bucket.join("d"));
    let before = blobs();
    take_what_is_left(&taken);
    s3.store.abort_multipart("parts", &parts).await.unwrap();
    assert_eq!(blobs(), before - 1, "the part is gone");
    take_what_is_left(&taken);
    s3.store.delete("fill/0").await.unwrap();
    assert_eq!(blobs(), before - 2, "the object's bytes are gone");
    std::fs::remove_file(taken).unwrap();
    s3.store.delete_prefix("fill/").await.unwrap();
    assert_eq!(put(&s3.raw, "k", 5_000_000).await.0, 200);
    assert_eq!(sizes(&s3.store).await, [5_000_000]);
    assert_eq!((files_in(&bucket.join("d")), files_in(&bucket.join("w"))), (1, 0));
    child.kill().await;
}
