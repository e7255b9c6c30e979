//! Free space that is kept: a disk that is full to the last byte stops databases and logs as well.

use std::path::PathBuf;

use s3s::S3Result;

use super::failure::{disk, no_space};

/// How full the store may make its disk.
#[derive(Debug)]
pub(super) struct Space {
    root: PathBuf,
    reserve_bytes: u64,
}

impl Space {
    /// Keeps `reserve_bytes` free on the disk of `root`.
    pub(super) fn new(root: PathBuf, reserve_bytes: u64) -> Self {
        Self { root, reserve_bytes }
    }

    /// Whether `coming` more bytes leave the reserve free. Requests at the same time do not know of each other: the
    /// reserve is what they meet in. Errors: 507.
    pub(super) fn check(&self, coming: u64) -> S3Result<()> {
        let found = rustix::fs::statvfs(&self.root).map_err(|error| disk(error.into()))?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        let needed = coming.saturating_add(self.reserve_bytes);
        if self.reserve_bytes > 0 && free < needed {
            tracing::warn!(
                storage.free_bytes = free,
                storage.needed_bytes = needed,
                "the disk is too full for a write"
            );
            return Err(no_space());
        }
        Ok(())
    }
}
