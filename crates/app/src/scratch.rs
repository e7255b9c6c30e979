//! Folders in which jobs keep files while they run; each goes when its run ends or the next run on the same thing does, and
//! all go when the process starts.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The root of the job folders. The data folder is locked, so no other process uses it.
#[derive(Debug, Clone)]
pub struct ScratchSpace {
    root: PathBuf,
    /// Folders that one run has left for another, oldest first.
    left: Arc<Mutex<VecDeque<(String, ScratchFolder)>>>,
}

/// Folders that are kept for runs to come; they may never come, or elsewhere, and a film has gigabytes.
const MAX_LEFT: usize = 4;

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
        Ok(Self { root, left: Arc::default() })
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

    /// Keeps the folder of a run that has ended for the next one on the same thing, in the place of the oldest such folder
    /// when there are many.
    pub async fn leave(&self, name: String, folder: ScratchFolder) {
        let dropped: Vec<_> = {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            let same = left.iter().position(|(other, _)| *other == name).and_then(|index| left.remove(index));
            left.push_back((name, folder));
            let oldest = if left.len() > MAX_LEFT { left.pop_front() } else { None };
            same.into_iter().chain(oldest).collect()
        };
        for (_, folder) in dropped {
            folder.remove().await;
        }
    }

    /// Removes the folder that was left under this name, if nobody has taken it.
    pub async fn drop_left(&self, name: &str) {
        if let Some(folder) = self.take(name) {
            folder.remove().await;
        }
    }

    /// Whether a folder is left under this name.
    #[must_use]
    pub fn has_left(&self, name: &str) -> bool {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|(other, _)| other == name)
    }

    /// The folder that was left under this name.
    #[must_use]
    pub fn take(&self, name: &str) -> Option<ScratchFolder> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let index = left.iter().position(|(other, _)| other == name)?;
        left.remove(index).map(|(_, folder)| folder)
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
    async fn a_folder_is_left_for_one_run_and_only_a_few_are_kept() {
        let home = tempfile::tempdir().unwrap();
        let scratch = ScratchSpace::open(home.path().to_owned()).unwrap();
        for (run, name) in ["1", "2", "3", "4", "5", "5"].into_iter().enumerate() {
            let folder = scratch.folder(&format!("{name} of run {run}")).await.unwrap();
            scratch.leave(name.to_owned(), folder).await;
        }
        assert!(scratch.take("1").is_none(), "there were many");
        let taken = scratch.take("5").unwrap();
        assert!(taken.path().ends_with("5 of run 5") && taken.path().is_dir());
        assert!(scratch.take("5").is_none());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 4);
        taken.remove().await;
        drop(scratch);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }

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
