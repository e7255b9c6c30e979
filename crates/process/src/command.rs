//! What to run: program, arguments, directory, limits and pipes.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use crate::limits::Limits;
use crate::running::Running;
use crate::spawn;

/// Bytes of stdout kept unless the command says otherwise.
const STDOUT_CAP_BYTES: usize = 1024 * 1024;

/// A program to be run with a cleared environment, no stdin unless it is a socket to us, in a process group of its own. It
/// has no network, and sees its working directory, the files it is given, and the programs of the system.
#[derive(Debug)]
pub struct Command {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) working_dir: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) stdout_cap_bytes: usize,
    pub(crate) pipes: Vec<i32>,
    pub(crate) readable: Vec<PathBuf>,
    pub(crate) is_alone: bool,
    pub(crate) has_socket: bool,
}

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// There is no such program.
    #[error("{} is not installed or not in the search path", program.display())]
    NotFound {
        /// The program as it was asked for.
        program: PathBuf,
    },
    /// The directory to run in is missing.
    #[error("the working directory is missing")]
    WorkingDirectory(#[source] io::Error),
    /// The system refused: no more processes, threads, files or memory, or not executable.
    #[error("cannot start {}", program.display())]
    Refused {
        /// The program as it was asked for.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Command {
    /// Runs `program` in `working_dir`, which should be an empty directory made for this run. A name without a slash
    /// is looked up in the usual directories; the caller's own PATH is not handed on.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, working_dir: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            working_dir: working_dir.into(),
            limits: Limits::default(),
            stdout_cap_bytes: STDOUT_CAP_BYTES,
            pipes: Vec::new(),
            readable: Vec::new(),
            is_alone: false,
            has_socket: false,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets what the child may use at most.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps at most this many bytes of stdout; the rest is read and dropped. 1 MiB if not set.
    #[must_use]
    pub fn stdout_cap_bytes(mut self, bytes: usize) -> Self {
        self.stdout_cap_bytes = bytes;
        self
    }

    /// Gives the child a pipe to write into as file descriptor `fd` (3 or above).
    #[must_use]
    pub fn pipe(mut self, fd: i32) -> Self {
        debug_assert!(
            fd > 2 && !self.pipes.contains(&fd),
            "0 to 2 are the standard streams, and a number is given once"
        );
        self.pipes.push(fd);
        self
    }

    /// Lets the child read a file, or everything in a folder, outside of its working directory.
    #[must_use]
    pub fn reads(mut self, path: impl Into<PathBuf>) -> Self {
        self.readable.push(path.into());
        self
    }

    /// Keeps the folder that the program lies in closed: it needs no files of its own beside it. Ours may lie beside the
    /// data folder.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.is_alone = true;
        self
    }

    /// Gives the child one end of a pair of stream sockets as its stdin, to be asked and to answer for as long as it lives.
    /// Open files can be handed to it over that (`SCM_RIGHTS`), which need no path that it may open.
    #[must_use]
    pub fn socket(mut self) -> Self {
        self.has_socket = true;
        self
    }

    /// Starts the child.
    ///
    /// # Errors
    /// When the program or the directory is missing, or the system refuses.
    pub async fn spawn(self) -> Result<Running, SpawnError> {
        spawn::spawn(self).await
    }
}
