//! The data folder: private to this user, and used by one serving process at a time.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use telecine_model::WorkerId;

/// The locked data folder. The lock goes with the process, however it ends.
pub(crate) struct DataDir {
    path: PathBuf,
    lock: File,
}

impl DataDir {
    /// Makes the folder if it is not there, and locks it.
    pub(crate) fn lock(path: &Path) -> anyhow::Result<Self> {
        create(path)?;
        let path = path.canonicalize()?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("lock"));
        let lock = lock.with_context(|| format!("the data folder {} cannot be written", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {
                lock.set_len(0).context("the data folder cannot be written")?;
                Ok(Self { path, lock })
            }
            Err(TryLockError::WouldBlock) => bail!(
                "the data folder {} is in use by another telecine; stop it, or choose another folder with --data-dir",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).context("the data folder cannot be locked"),
        }
    }

    /// Names the worker on this folder, the same in every life: it may take up at once what it was killed with.
    pub(crate) fn worker_name(&self) -> anyhow::Result<String> {
        let file = self.path.join("worker-name");
        if let Ok(name) = std::fs::read_to_string(&file)
            && name.parse::<WorkerId>().is_ok()
        {
            return Ok(name);
        }
        let name = WorkerId::generate().to_string();
        std::fs::write(&file, &name).context("the data folder cannot be written")?;
        Ok(name)
    }

    /// Tells commands that run beside this process where its embedded storage listens.
    pub(crate) fn note_storage(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let noted = self.lock.set_len(0).and_then(|()| self.lock.write_all(address.to_string().as_bytes()));
        noted.context("the data folder cannot be written")
    }

    /// Where jobs keep files while they run.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join("scratch")
    }

    /// Where the embedded object storage keeps its objects.
    pub(crate) fn objects(&self) -> PathBuf {
        Self::objects_in(&self.path)
    }

    /// The same for a data folder that another process has locked.
    pub(crate) fn objects_in(path: &Path) -> PathBuf {
        path.join("objects")
    }
}

/// Whether a process has locked the folder.
pub(crate) fn is_in_use(path: &Path) -> bool {
    let lock = File::options().write(true).open(path.join("lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Where the embedded storage of the process that has locked the folder listens; `None` when it runs without one.
pub(crate) fn noted_storage(path: &Path) -> Option<SocketAddr> {
    std::fs::read_to_string(path.join("lock")).ok()?.parse().ok()
}

/// Makes the folder, readable for this user only: it holds keys and everybody's files.
pub(crate) fn create(path: &Path) -> anyhow::Result<()> {
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("the data folder {} cannot be made", path.display()))
        }
        _ => Ok(()),
    }
}
