//! Folders in which jobs keep files while they run; each goes when its run ends, and all go when the process starts.

use std::io;
use std::path::{Path, PathBuf};

/// The root of the job folders. The data folder is locked, so no other process uses it.
#[derive(Debug, Clone)]
pub struct ScratchSpace {
    root: PathBuf,
}

/// A job's own empty folder, removed when dropped.
#[derive(Debug)]
pub struct ScratchFolder {
    path: PathBuf,
}

impl ScratchSpace {
    /// Empties `root`, which holds what a killed process left, and uses it from now on.
    ///
    /// # Errors
    /// When the folder cannot be removed or made.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        match std::fs::remove_dir_all(&root) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::create_dir_all(&root)?,
        }
        Ok(Self { root })
    }

    /// Makes a new folder; `name` is made by the server, never taken from a client.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub async fn folder(&self, name: &str) -> io::Result<ScratchFolder> {
        let path = self.root.join(name);
        tokio::fs::create_dir_all(&path).await?;
        Ok(ScratchFolder { path })
    }
}

impl ScratchFolder {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // A few files at most, unlinked in microseconds; also reached when the job's task is aborted.
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, "a job's folder could not be removed; it goes at the next start");
        }
    }
}
