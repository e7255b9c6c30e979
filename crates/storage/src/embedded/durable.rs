//! Writing so that a power cut after the answer takes nothing away: data, then name, then directory.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A file under `t` that disappears unless it is moved to its place.
#[derive(Debug)]
pub(super) struct TempFile {
    path: Option<PathBuf>,
}

impl TempFile {
    /// Takes charge of the file at `path`, which may not exist yet.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path: Some(path) }
    }

    /// Opens the file for writing; it must not exist.
    pub(super) fn create(&self) -> io::Result<File> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        File::create_new(path)
    }

    /// Moves the file to `target`, replacing what is there. The directory still has to be synced.
    pub(super) fn rename_to(mut self, target: &Path) -> io::Result<()> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        fs::rename(path, target)?;
        self.path = None;
        Ok(())
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes the entries of a directory survive a power cut.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Writes `bytes` to `temp` and renames it to `target`: afterwards `target` is the old file or the whole new one.
pub(super) fn replace_file(temp: TempFile, target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = temp.create()?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    temp.rename_to(target)?;
    sync_dir(target.parent().unwrap_or(target))
}

/// Removes a file and makes the removal durable; a missing file is fine.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    absent_is_fine(fs::remove_file(path))?;
    absent_is_fine(sync_dir(path.parent().unwrap_or(path)))
}

/// Takes "not found" for success.
pub(super) fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes directories, one caller at a time: whoever finds a directory in place must be able to trust that its entry
/// is durable, so nobody may look before the one who made it has synced its parent.
#[derive(Debug, Default)]
pub(super) struct DirectoryMaker {
    turn: Mutex<()>,
}

impl DirectoryMaker {
    /// Creates `relative` below `base`, syncing the parent of every directory it makes.
    pub(super) fn create_below(&self, base: &Path, relative: &Path) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if base.join(relative).is_dir() {
            return Ok(());
        }
        let mut directory = base.to_owned();
        for part in relative {
            let parent = directory.clone();
            directory.push(part);
            match fs::create_dir(&directory) {
                Ok(()) => sync_dir(&parent)?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes `relative` and its parents below `base` as far as they are empty.
    pub(super) fn prune_below(&self, base: &Path, relative: &Path) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        for part in relative.ancestors().filter(|part| !part.as_os_str().is_empty()) {
            if fs::remove_dir(base.join(part)).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_file_is_gone_unless_it_was_moved() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, lost) = (TempFile::at(folder.path().join("1")), TempFile::at(folder.path().join("2")));
        kept.create().unwrap();
        lost.create().unwrap();
        kept.rename_to(&folder.path().join("kept")).unwrap();
        drop(lost);
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["kept"]);
    }

    #[test]
    fn pruning_stops_at_the_first_directory_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let maker = DirectoryMaker::default();
        maker.create_below(folder.path(), Path::new("a/b/c")).unwrap();
        fs::write(folder.path().join("a/file"), "").unwrap();
        maker.prune_below(folder.path(), Path::new("a/b/c"));
        assert!(folder.path().join("a/file").exists());
        assert!(!folder.path().join("a/b").exists());
    }
}
