//! What a start does before the first request: finish what a killed process had begun.

use std::fs;
use std::io;
use std::path::Path;

use super::durable;
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
    let file = bucket.upload_record(upload_id);
    let upload = match record::read::<UploadRecord>(&file) {
        Ok(Some(upload)) => upload,
        Ok(None) => return Ok(()),
        // One damaged file must not keep everything else from being served.
        Err(error) => {
            tracing::error!(%error, upload = upload_id, "an upload's record is damaged and is set aside");
            return fs::rename(&file, file.with_extension("damaged"));
        }
    };
    let object: Option<ObjectRecord> = record::read_intact(&bucket.object_record(&upload.key))?;
    match object.filter(|object| object.blob == upload_id) {
        Some(object) => finish(bucket, upload_id, &object),
        None => Ok(()),
    }
}

/// The end of a Complete, after its commit: unused parts go, then the upload itself.
pub(super) fn finish(bucket: &BucketFolder, upload_id: &str, object: &ObjectRecord) -> io::Result<()> {
    parts::remove_unused(&bucket.blob(upload_id), object)?;
    durable::remove_file(&bucket.upload_record(upload_id))
}

fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use telecine_model::SystemClock;

    use super::*;
    use crate::embedded::condition::WriteCondition;
    use crate::embedded::layout::new_name;
    use crate::embedded::record::{Headers, PartFile, to_bytes};

    /// A store with one bucket, stopped between any two steps.
    struct Stopped {
        root: tempfile::TempDir,
        bucket: BucketFolder,
    }

    impl Stopped {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let bucket = BucketFolder::new(root.path(), "media");
            bucket.create(root.path()).unwrap();
            Self { root, bucket }
        }

        fn store(&self) -> Store {
            let lock = fs::File::create(self.root.path().join(".lock")).unwrap();
            Store::new(self.root.path().to_owned(), Arc::new(SystemClock), lock)
        }

        fn blob(&self) -> String {
            let name = new_name();
            fs::write(self.bucket.blob(&name), "bytes").unwrap();
            name
        }

        fn commit(&self, blob: &str, parts: Vec<PartFile>) {
            let object = ObjectRecord {
                key: "a/k".into(),
                etag: "e".into(),
                size: 5,
                modified_ms: 0,
                blob: blob.into(),
                parts,
                headers: Headers::default(),
            };
            self.store().commit("media", &self.bucket, &object, &WriteCondition::default()).unwrap();
        }

        fn doubt(&self, blob: &str) {
            self.store().doubt(&self.bucket, blob, "a/k").unwrap();
        }

        /// An open upload with these files.
        fn upload(&self, files: &[&str]) -> String {
            let id = new_name();
            fs::create_dir(self.bucket.blob(&id)).unwrap();
            files.iter().for_each(|file| fs::write(self.bucket.blob(&id).join(file), "").unwrap());
            let upload = UploadRecord { key: "a/k".into(), initiated_ms: 0, headers: Headers::default() };
            fs::write(self.bucket.upload_record(&id), to_bytes(&upload).unwrap()).unwrap();
            id
        }

        fn restart(&self) {
            recover(&self.store()).unwrap();
            assert_eq!(names_in(&self.bucket.doubts()).unwrap(), [""; 0]);
            assert_eq!(names_in(&self.bucket.temps()).unwrap(), [""; 0]);
        }

        fn blobs(&self) -> Vec<String> {
            names_in(&self.bucket.blobs()).unwrap()
        }
    }

    #[test]
    fn a_put_stopped_before_its_commit_leaves_the_old_object() {
        let stopped = Stopped::new();
        let (old, new) = (stopped.blob(), stopped.blob());
        stopped.commit(&old, Vec::new());
        stopped.doubt(&old);
        stopped.doubt(&new);
        fs::write(stopped.bucket.temps().join("x"), "half").unwrap();
        stopped.restart();
        assert_eq!(stopped.blobs(), [old]);
    }

    #[test]
    fn a_put_stopped_after_its_commit_leaves_the_new_object() {
        let stopped = Stopped::new();
        let (old, new) = (stopped.blob(), stopped.blob());
        stopped.commit(&new, Vec::new());
        stopped.doubt(&old);
        stopped.doubt(&new);
        stopped.restart();
        assert_eq!(stopped.blobs(), [new]);
    }

    #[test]
    fn a_delete_stopped_after_its_commit_is_finished() {
        let stopped = Stopped::new();
        let blob = stopped.blob();
        stopped.doubt(&blob);
        stopped.restart();
        assert_eq!(stopped.blobs(), [""; 0]);
    }

    #[test]
    fn a_note_emptied_by_a_power_cut_costs_no_object() {
        let stopped = Stopped::new();
        let blob = stopped.blob();
        stopped.commit(&blob, Vec::new());
        fs::write(stopped.bucket.doubts().join(&blob), "").unwrap();
        stopped.restart();
        assert_eq!(stopped.blobs(), [blob]);
    }

    #[test]
    fn an_upload_stopped_while_it_was_opened_or_aborted_leaves_nothing_and_an_open_one_stays() {
        let stopped = Stopped::new();
        let (open, dead) = (stopped.upload(&["p"]), stopped.upload(&["p"]));
        fs::remove_file(stopped.bucket.upload_record(&dead)).unwrap();
        stopped.doubt(&dead);
        stopped.doubt(&open);
        stopped.restart();
        assert_eq!(stopped.blobs(), [open]);
    }

    #[test]
    fn a_complete_stopped_after_its_commit_is_finished_and_keeps_only_its_parts() {
        let stopped = Stopped::new();
        let id = stopped.upload(&["listed", "not listed"]);
        stopped.commit(&id, vec![PartFile { file: "listed".into(), size: 0 }]);
        stopped.restart();
        assert_eq!(names_in(&stopped.bucket.blob(&id)).unwrap(), ["listed"]);
        assert_eq!(names_in(&stopped.bucket.uploads()).unwrap(), [""; 0]);
    }

    #[test]
    fn an_aborted_upload_whose_object_is_committed_keeps_its_parts() {
        let stopped = Stopped::new();
        let id = stopped.upload(&["p"]);
        stopped.commit(&id, vec![PartFile { file: "p".into(), size: 0 }]);
        fs::remove_file(stopped.bucket.upload_record(&id)).unwrap();
        stopped.doubt(&id);
        stopped.restart();
        assert_eq!(names_in(&stopped.bucket.blob(&id)).unwrap(), ["p"]);
    }

    #[test]
    fn a_bucket_half_made_is_removed() {
        let stopped = Stopped::new();
        fs::create_dir_all(stopped.root.path().join(".new-x/k")).unwrap();
        stopped.restart();
        assert!(!stopped.root.path().join(".new-x").exists());
    }
}
