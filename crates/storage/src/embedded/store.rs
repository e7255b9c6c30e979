//! The folder store: commits, removals and reads of objects.
//!
//! The rename of an object's record into the tree of keys is the only commit point. Blobs are whole and synced before
//! it. A blob that may become, or just became, useless is first written down as *in doubt* (`w/<blob>`, holding its
//! key); [`Store::settle`] then asks the record of that key whether the blob stays. The same question is asked at
//! start, so a process killed between any two steps leaves neither a missing nor a lost blob.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use s3s::{S3ErrorCode, S3Result};
use serde::{Deserialize, Serialize};
use telecine_model::Clock;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::condition::WriteCondition;
use super::durable::{self, DirectoryMaker, absent_is_fine};
use super::failure::disk;
use super::layout::BucketFolder;
use super::locks::StripedLocks;
use super::pins::Pins;
use super::record::{self, Headers, ObjectRecord};
use super::space::Space;
use super::write::Write;

/// A record's directory can be pruned between making it and using it; nobody loses this race so often in a row.
const COMMIT_TRIES: u32 = 16;

/// Everything the verbs share.
pub(super) struct Store {
    pub(super) root: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    /// Taken before a key's lock, never after it.
    pub(super) upload_locks: StripedLocks,
    pub(super) pins: Pins,
    pub(super) space: Space,
    /// What runs on blocking threads; the server ends after it.
    pub(super) running: TaskTracker,
    key_locks: StripedLocks,
    directories: DirectoryMaker,
    /// Held by whatever still writes, so that the next process starts after the last write of this one.
    _lock: File,
}

impl Store {
    /// A store over `root`, which exists and which `lock` reserves for this process.
    pub(super) fn new(root: PathBuf, clock: Arc<dyn Clock>, lock: File) -> Self {
        Self {
            space: Space::new(root.clone(), 0),
            root,
            clock,
            upload_locks: StripedLocks::default(),
            pins: Pins::default(),
            running: TaskTracker::new(),
            key_locks: StripedLocks::default(),
            directories: DirectoryMaker::default(),
            _lock: lock,
        }
    }

    /// The bucket's folder. Errors: NoSuchBucket.
    pub(super) fn bucket(&self, name: &str) -> S3Result<BucketFolder> {
        let folder = BucketFolder::new(&self.root, name);
        if folder.exists() { Ok(folder) } else { Err(S3ErrorCode::NoSuchBucket.into()) }
    }

    /// What an object is to be, before its bytes are there. Errors: NoSuchBucket.
    pub(super) fn write(
        &self,
        bucket_name: String,
        key: String,
        headers: Headers,
        condition: WriteCondition,
    ) -> S3Result<Write> {
        let bucket = self.bucket(&bucket_name)?;
        Ok(Write { bucket_name, bucket, key, headers, condition })
    }

    /// The record of an object. Errors: NoSuchKey.
    pub(super) fn object(&self, bucket: &BucketFolder, key: &str) -> S3Result<ObjectRecord> {
        let found = record::read(&bucket.object_record(key)).map_err(disk)?;
        found.ok_or_else(|| S3ErrorCode::NoSuchKey.into())
    }

    /// The record of an object, and a pin that keeps its bytes until it is dropped. Errors: NoSuchKey.
    pub(super) fn open_object(self: &Arc<Self>, bucket: &str, key: &str) -> S3Result<(ObjectRecord, Pin)> {
        let folder = self.bucket(bucket)?;
        let _turn = self.key_locks.lock(bucket, key);
        let found = self.object(&folder, key)?;
        self.pins.pin(&found.blob);
        let pin = Pin { store: Arc::clone(self), bucket: folder, blob: found.blob.clone() };
        Ok((found, pin))
    }

    /// Makes `object` the object of its key, if the condition holds. On success the new object is durable and the
    /// old one is gone; on failure the old one stands. The caller settles the new blob either way.
    pub(super) fn commit(
        &self,
        bucket_name: &str,
        bucket: &BucketFolder,
        object: &ObjectRecord,
        condition: &WriteCondition,
    ) -> S3Result<()> {
        let replaced = {
            let _turn = self.key_locks.lock(bucket_name, &object.key);
            let old: Option<ObjectRecord> =
                record::read_intact(&bucket.object_record(&object.key)).map_err(disk)?;
            condition.check(old.as_ref())?;
            let replaced = old.map(|old| old.blob).filter(|blob| *blob != object.blob);
            if let Some(blob) = &replaced {
                self.doubt(bucket, blob, &object.key).map_err(disk)?;
            }
            self.write_record(bucket, object).map_err(disk)?;
            replaced
        };
        if let Some(blob) = replaced {
            self.settle(bucket, &blob);
        }
        Ok(())
    }

    fn write_record(&self, bucket: &BucketFolder, object: &ObjectRecord) -> io::Result<()> {
        let (keys, target) = (bucket.keys(), bucket.object_record(&object.key));
        let bytes = record::to_bytes(object)?;
        let directory = parent_below(&keys, &target);
        for _ in 1..COMMIT_TRIES {
            self.directories.create_below(&keys, &directory)?;
            match durable::replace_file(bucket.new_temp(), &target, &bytes) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => return done,
            }
        }
        self.directories.create_below(&keys, &directory)?;
        durable::replace_file(bucket.new_temp(), &target, &bytes)
    }

    /// Removes an object, durably, if the condition holds. A missing object is fine, as in S3.
    pub(super) fn remove(&self, bucket_name: &str, key: &str, condition: &WriteCondition) -> S3Result<()> {
        let bucket = self.bucket(bucket_name)?;
        let (keys, target) = (bucket.keys(), bucket.object_record(key));
        let removed = {
            let _turn = self.key_locks.lock(bucket_name, key);
            let old: Option<ObjectRecord> = record::read_intact(&target).map_err(disk)?;
            condition.check(old.as_ref())?;
            if old.is_none() && !target.exists() {
                return Ok(());
            }
            let blob = old.map(|old| old.blob);
            let is_noted = blob.as_deref().map(|blob| self.doubt_if_room(&bucket, blob, key)).transpose()?;
            durable::remove_file(&target).map_err(disk)?;
            self.directories.prune_below(&keys, &parent_below(&keys, &target));
            blob.zip(is_noted)
        };
        if let Some((blob, is_noted)) = removed {
            self.settle_removed(&bucket, &blob, key, is_noted);
        }
        Ok(())
    }

    /// Ends an open upload and removes its parts, unless an object uses them. The caller holds the upload's lock.
    pub(super) fn abort_upload(&self, bucket: &BucketFolder, upload_id: &str, key: &str) -> S3Result<()> {
        let is_noted = self.doubt_if_room(bucket, upload_id, key)?;
        durable::remove_file(&bucket.upload_record(upload_id)).map_err(disk)?;
        self.settle_removed(bucket, upload_id, key, is_noted);
        Ok(())
    }

    /// Writes the note of [`doubt`](Self::doubt) if the disk has room for it, and tells whether it had: deleting is how a
    /// full disk gets room again, so it goes on without.
    fn doubt_if_room(&self, bucket: &BucketFolder, blob: &str, key: &str) -> S3Result<bool> {
        match self.doubt(bucket, blob, key) {
            Err(error) if is_full(&error) => Ok(false),
            noted => noted.map(|()| true).map_err(disk),
        }
    }

    /// Settles a blob whose record is gone. A note that had found no room is written now that the record has made some.
    fn settle_removed(&self, bucket: &BucketFolder, blob: &str, key: &str, is_noted: bool) {
        if is_noted || self.doubt(bucket, blob, key).is_ok() {
            return self.settle(bucket, blob);
        }
        if !self.pins.doom(blob)
            && let Err(error) = remove_blob(&bucket.blob(blob))
        {
            warn!(%error, "a blob of a deleted object could not be removed");
        }
    }

    /// Writes down that only the record of `key` can keep this blob. It need not survive a power cut: without it a
    /// blob could stay for nothing, but none is lost.
    pub(super) fn doubt(&self, bucket: &BucketFolder, blob: &str, key: &str) -> io::Result<()> {
        let temp = bucket.new_temp();
        serde_json::to_writer(temp.create()?, &Doubt { key: key.to_owned() })?;
        temp.rename_to(&bucket.doubts().join(blob))
    }

    /// Decides about a blob in doubt: it stays when the record of its key names it or when it is an open upload,
    /// else it is removed, after its last reader. A failure leaves it in doubt until the next start.
    pub(super) fn settle(&self, bucket: &BucketFolder, blob: &str) {
        if let Err(error) = self.try_settle(bucket, blob) {
            warn!(%error, "a blob that may be useless stays until the next start");
        }
    }

    fn try_settle(&self, bucket: &BucketFolder, blob: &str) -> io::Result<()> {
        let note = bucket.doubts().join(blob);
        // A note that a power cut has emptied says nothing: the blob may be in use, so it stays.
        let Ok(Some(doubt)) = record::read::<Doubt>(&note) else {
            return fs::remove_file(note);
        };
        let object: Option<ObjectRecord> = record::read(&bucket.object_record(&doubt.key))?;
        let is_used = object.is_some_and(|object| object.blob == blob);
        if !is_used && !bucket.upload_record(blob).exists() {
            if self.pins.doom(blob) {
                return Ok(());
            }
            remove_blob(&bucket.blob(blob))?;
        }
        fs::remove_file(note)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The note beside a blob in doubt.
#[derive(Serialize, Deserialize)]
struct Doubt {
    key: String,
}

/// A file, or a directory of parts.
fn remove_blob(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => absent_is_fine(fs::remove_dir_all(path)),
        Ok(_) => absent_is_fine(fs::remove_file(path)),
        Err(error) => absent_is_fine(Err(error)),
    }
}

fn parent_below(base: &Path, path: &Path) -> PathBuf {
    path.parent().and_then(|parent| parent.strip_prefix(base).ok()).unwrap_or(Path::new("")).to_owned()
}

/// Keeps the bytes of an object in place while they are read.
pub(super) struct Pin {
    pub(super) store: Arc<Store>,
    pub(super) bucket: BucketFolder,
    blob: String,
}

impl Drop for Pin {
    fn drop(&mut self) {
        if !self.store.pins.unpin(&self.blob) {
            return;
        }
        let (store, bucket, blob) =
            (Arc::clone(&self.store), self.bucket.clone(), std::mem::take(&mut self.blob));
        match tokio::runtime::Handle::try_current() {
            Ok(_) => drop(Arc::clone(&store).running.spawn_blocking(move || store.settle(&bucket, &blob))),
            Err(_) => store.settle(&bucket, &blob),
        }
    }
}
