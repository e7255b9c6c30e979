//! The folder of a bucket.
//!
//! ```text
//! root/.lock  root/.credentials.json
//! root/<bucket>/k/…                 records of objects, the tree of keys (key_path)
//! root/<bucket>/d/<blob>            the bytes of a single PUT
//! root/<bucket>/d/<upload>/p00001.… the parts of a multipart object, where they were written first
//! root/<bucket>/u/<upload>.json     open multipart uploads
//! root/<bucket>/w/<blob>            blobs in doubt: the key whose record decides whether they stay
//! root/<bucket>/t/                  unfinished writes, emptied at start
//! ```
//!
//! Bucket names never start with a dot, so the two files in the root are in nobody's way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::durable::{TempFile, sync_dir};
use super::key_path;

const PARTS: [&str; 5] = ["k", "d", "u", "w", "t"];

/// The paths inside one bucket's folder.
#[derive(Debug, Clone)]
pub(super) struct BucketFolder {
    path: PathBuf,
}

impl BucketFolder {
    /// The folder of `bucket` below `root`, whether it exists or not. The name has been checked by the S3 layer.
    pub(super) fn new(root: &Path, bucket: &str) -> Self {
        Self { path: root.join(bucket) }
    }

    /// Whether the bucket exists.
    pub(super) fn exists(&self) -> bool {
        self.keys().is_dir()
    }

    /// Creates the bucket at once or not at all; an existing one gives `AlreadyExists`.
    pub(super) fn create(&self, root: &Path) -> io::Result<()> {
        let unfinished = root.join(format!(".new-{}", Uuid::new_v4().simple()));
        for part in PARTS {
            fs::create_dir_all(unfinished.join(part))?;
        }
        sync_dir(&unfinished)?;
        if let Err(error) = fs::rename(&unfinished, &self.path) {
            let _ = fs::remove_dir_all(&unfinished);
            let taken =
                matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists);
            return Err(if taken { io::ErrorKind::AlreadyExists.into() } else { error });
        }
        sync_dir(root)
    }

    /// The tree of records.
    pub(super) fn keys(&self) -> PathBuf {
        self.path.join("k")
    }

    /// The record of `key`.
    pub(super) fn object_record(&self, key: &str) -> PathBuf {
        self.keys().join(key_path::record_path(key))
    }

    /// The directory of blobs.
    pub(super) fn blobs(&self) -> PathBuf {
        self.path.join("d")
    }

    /// The bytes of an object: a file, or the directory of its parts.
    pub(super) fn blob(&self, name: &str) -> PathBuf {
        self.blobs().join(name)
    }

    /// The directory of open uploads.
    pub(super) fn uploads(&self) -> PathBuf {
        self.path.join("u")
    }

    /// The record of an open upload. The id must have been checked by [`is_upload_id`].
    pub(super) fn upload_record(&self, upload_id: &str) -> PathBuf {
        self.uploads().join(format!("{upload_id}.json"))
    }

    /// The directory of blobs in doubt.
    pub(super) fn doubts(&self) -> PathBuf {
        self.path.join("w")
    }

    /// The directory of unfinished writes.
    pub(super) fn temps(&self) -> PathBuf {
        self.path.join("t")
    }

    /// A name for an unfinished write.
    pub(super) fn new_temp(&self) -> TempFile {
        TempFile::at(self.temps().join(new_name()))
    }
}

/// A name for a blob or an upload: 32 hexadecimal characters, random.
pub(super) fn new_name() -> String {
    Uuid::new_v4().simple().to_string()
}

/// Whether a client's upload id has the form of ours. Anything else never touches a path.
pub(super) fn is_upload_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Every bucket below `root`, sorted.
pub(super) fn bucket_names(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        if !name.starts_with('.') && BucketFolder::new(root, &name).exists() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_created_once() {
        let root = tempfile::tempdir().unwrap();
        let bucket = BucketFolder::new(root.path(), "media");
        bucket.create(root.path()).unwrap();
        assert_eq!(bucket.create(root.path()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(bucket_names(root.path()).unwrap(), ["media"]);
    }

    #[test]
    fn an_upload_id_that_is_a_path_is_not_an_upload_id() {
        assert!(is_upload_id(&new_name()));
        for id in ["", "..", "../../x", &new_name().to_uppercase(), &format!("{}/", &new_name()[1..])] {
            assert!(!is_upload_id(id), "{id}");
        }
    }
}
