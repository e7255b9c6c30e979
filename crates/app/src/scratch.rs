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
    /// Empties `root`, which holds what a killed process left, and uses it from now on. The folder itself stays: it may
    /// be a link or a disk of its own.
    ///
    /// # Errors
    /// When the folder cannot be made or emptied.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&root)?;
        for entry in std::fs::read_dir(&root)? {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            if is_folder {
                std::fs::remove_dir_all(entry.path())?
            } else {
                std::fs::remove_file(entry.path())?
            }
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

    /// Removes it without holding up other tasks: its files have gigabytes, and some disks take seconds to free them.
    pub async fn remove(self) {
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // Called on a runtime thread only when the job's task is aborted or has panicked.
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, "a job's folder could not be removed; it goes at the next start");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_linked_folder_is_emptied_and_stays() {
        let home = tempfile::tempdir().unwrap();
        let (disk, root) = (home.path().join("disk"), home.path().join("scratch"));
        std::fs::create_dir_all(disk.join("left by a killed job")).unwrap();
        std::fs::write(disk.join("file"), "x").unwrap();
        std::os::unix::fs::symlink(&disk, &root).unwrap();
        let scratch = ScratchSpace::open(root.clone()).unwrap();
        assert_eq!(std::fs::read_dir(&disk).unwrap().count(), 0);
        let folder = scratch.folder("job").await.unwrap();
        assert!(disk.join("job").is_dir());
        folder.remove().await;
        assert_eq!(std::fs::read_dir(&disk).unwrap().count(), 0);
        assert!(root.is_symlink());
    }
}
