//! What a start does before the first request: finish what a killed process had begun.

use std::fs;
use std::io;

use super::layout::{BucketFolder, bucket_names};
use super::parts;
use super::record::{self, ObjectRecord, UploadRecord};
use super::store::Store;

/// Brings every bucket into order. The work grows with what was unfinished, not with what is stored.
pub(super) fn recover(store: &Store) -> io::Result<()> {
    remove_unfinished_buckets(store)?;
    for name in bucket_names(&store.root)? {
        let bucket = BucketFolder::new(&store.root, &name);
        for temp in names_in(&bucket.temps())? {
            fs::remove_file(bucket.temps().join(temp))?;
        }
        for upload in names_in(&bucket.uploads())? {
            if let Some(upload_id) = upload.strip_suffix(".json") {
                finish_completed(&bucket, upload_id)?;
            }
        }
        for blob in names_in(&bucket.doubts())? {
            store.settle(&bucket, &blob);
        }
    }
    Ok(())
}

fn remove_unfinished_buckets(store: &Store) -> io::Result<()> {
    for name in names_in(&store.root)? {
        if name.starts_with(".new-") {
            fs::remove_dir_all(store.root.join(name))?;
        }
    }
    Ok(())
}

/// An upload whose object is there has been completed: what is left of it goes.
fn finish_completed(bucket: &BucketFolder, upload_id: &str) -> io::Result<()> {
    let Some(upload) = record::read::<UploadRecord>(&bucket.upload_record(upload_id))? else {
        return Ok(());
    };
    let object: Option<ObjectRecord> = record::read(&bucket.object_record(&upload.key))?;
    match object.filter(|object| object.blob == upload_id) {
        Some(object) => finish(bucket, upload_id, &object),
        None => Ok(()),
    }
}

/// The end of a Complete, after its commit: unused parts go, then the upload itself.
pub(super) fn finish(bucket: &BucketFolder, upload_id: &str, object: &ObjectRecord) -> io::Result<()> {
    parts::remove_unused(&bucket.blob(upload_id), object)?;
    super::durable::remove_file(&bucket.upload_record(upload_id))
}

fn names_in(directory: &std::path::Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}
