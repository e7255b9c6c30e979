//! The data folder: private to this user, and used by one serving process at a time. Worker processes have folders of
//! their own in it.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use telecine_model::WorkerId;

/// Worker processes on one data folder; far more than a machine can feed.
const MAX_WORKERS: usize = 256;

/// The locked data folder, or the locked folder of one worker process in it. The lock goes with the process, however it ends.
pub(crate) struct DataDir {
    path: PathBuf,
    lock: File,
}

impl DataDir {
    /// Makes the folder if it is not there, and locks it.
    pub(crate) fn lock(path: &Path) -> anyhow::Result<Self> {
        Self::lock_if_free(path)?.with_context(|| {
            format!(
                "the data folder {} is in use by another telecine; stop it, or choose another folder with --data-dir",
                path.display()
            )
        })
    }

    /// Locks the first folder for a worker process that no live one has. A worker that is started again after a crash gets
    /// the folder of the one that died, and with it its name and its jobs.
    pub(crate) fn lock_for_worker(data_dir: &Path) -> anyhow::Result<Self> {
        let workers = data_dir.join("workers");
        for place in 1..=MAX_WORKERS {
            if let Some(folder) = Self::lock_if_free(&workers.join(place.to_string()))? {
                return Ok(folder);
            }
        }
        bail!("{MAX_WORKERS} worker processes run on the data folder {} already", data_dir.display())
    }

    /// Makes and locks the folder; `None` when another process has it.
    fn lock_if_free(path: &Path) -> anyhow::Result<Option<Self>> {
        create(path)?;
        let path = path.canonicalize()?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("lock"));
        let lock = lock.with_context(|| format!("the data folder {} cannot be written", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {
                lock.set_len(0).context("the data folder cannot be written")?;
                Ok(Some(Self { path, lock }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
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
