//! From bytes that lie ready to an object: place the blob, then commit the record that names it.

use std::io;
use std::path::Path;

use s3s::S3Result;

use super::condition::WriteCondition;
use super::durable;
use super::failure::disk;
use super::layout::{BucketFolder, new_name};
use super::receive::Received;
use super::record::{Headers, ObjectRecord, PartFile};
use super::store::Store;

/// Everything about a new object but its bytes.
pub(super) struct Write {
    pub(super) bucket_name: String,
    pub(super) bucket: BucketFolder,
    pub(super) key: String,
    pub(super) headers: Headers,
    pub(super) condition: WriteCondition,
}

/// What is known about the bytes of a new object.
pub(super) struct Content {
    pub(super) etag: String,
    pub(super) size: u64,
    pub(super) parts: Vec<PartFile>,
}

impl Write {
    /// Makes a received body the object. Errors leave the old object, and no trace of the new one.
    pub(super) fn commit_received(self, store: &Store, received: Received) -> S3Result<ObjectRecord> {
        let content = Content { etag: hex::encode(received.md5), size: received.size, parts: Vec::new() };
        self.commit(store, content, |blob| received.file.rename_to(blob))
    }

    /// Makes the bytes that `place` puts at the given path the object. Errors leave the old object, and no trace of
    /// the new one.
    pub(super) fn commit(
        self,
        store: &Store,
        content: Content,
        place: impl FnOnce(&Path) -> io::Result<()>,
    ) -> S3Result<ObjectRecord> {
        let bucket = &self.bucket;
        let object = ObjectRecord {
            key: self.key,
            etag: content.etag,
            size: content.size,
            modified_ms: store.clock.now_ms(),
            blob: new_name(),
            parts: content.parts,
            headers: self.headers,
        };
        store.doubt(bucket, &object.blob, &object.key).map_err(disk)?;
        let committed = place(&bucket.blob(&object.blob))
            .and_then(|()| durable::sync_dir(&bucket.blobs()))
            .map_err(disk)
            .and_then(|()| store.commit(&self.bucket_name, bucket, &object, &self.condition));
        store.settle(bucket, &object.blob);
        committed.map(|()| object)
    }
}
