//! What CopyObject and UploadPartCopy share: the source, what is demanded of it, and its bytes under a second name.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use s3s::dto::CopySource;
use s3s::{S3ErrorCode, S3Result, s3_error};

use super::condition::ReadCondition;
use super::durable;
use super::record::{ObjectRecord, PartFile};

/// The object that is copied.
pub(super) struct Source {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Source {
    /// The source of an `x-amz-copy-source`, whose key is decoded by now. Errors: a version, or no plain bucket.
    pub(super) fn new(source: &CopySource) -> S3Result<Self> {
        match source {
            CopySource::Bucket { bucket, key, version_id: None } => {
                Ok(Self { bucket: bucket.to_string(), key: key.to_string() })
            }
            _ => {
                Err(s3_error!(NotImplemented, "the source of a copy is the latest version of a bucket's key"))
            }
        }
    }
}

/// Whether the source is the one that was meant. Errors: 412, also where a read would be answered with 304.
pub(super) fn check_source(condition: &ReadCondition, source: &ObjectRecord) -> S3Result<()> {
    condition.check(source).map_err(|error| match error.code() {
        S3ErrorCode::NotModified => {
            s3_error!(PreconditionFailed, "the source is the one that was not wanted")
        }
        _ => error,
    })
}

/// Gives the bytes of a blob a second name. Blobs are never written again, so both names can share them.
/// The directory of `to` still has to be synced.
pub(super) fn duplicate_blob(from: &Path, parts: &[PartFile], to: &Path) -> io::Result<()> {
    if parts.is_empty() {
        return duplicate_file(from, to);
    }
    fs::create_dir(to)?;
    for part in parts {
        duplicate_file(&from.join(&part.file), &to.join(&part.file))?;
    }
    durable::sync_dir(to)
}

/// A hard link; where the disk has none, or no more of them, a copy.
fn duplicate_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if is_about_links(&error) => {
            fs::copy(from, to)?;
            File::open(to)?.sync_all()
        }
        done => done,
    }
}

fn is_about_links(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, TooManyLinks, Unsupported};
    matches!(error.kind(), CrossesDevices | PermissionDenied | TooManyLinks | Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_keeps_its_bytes_when_the_first_name_goes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        fs::create_dir(&one).unwrap();
        fs::write(one.join("p1"), "first").unwrap();
        fs::write(one.join("not listed"), "x").unwrap();
        duplicate_blob(&one, &[PartFile { file: "p1".into(), size: 5 }], &two).unwrap();
        fs::remove_dir_all(&one).unwrap();
        assert_eq!(fs::read(two.join("p1")).unwrap(), b"first");
        assert_eq!(fs::read_dir(&two).unwrap().count(), 1);
    }
}
