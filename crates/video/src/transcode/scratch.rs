//! A directory for one child process: empty but for the input, under a name we chose.

use std::path::{Path, PathBuf};

use telecine_process::Command;
use tempfile::TempDir;

use crate::error::VideoError;

/// Removed with everything in it when dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: TempDir,
    input: PathBuf,
    others: Vec<PathBuf>,
}

impl Scratch {
    /// Makes a directory in `parent` that holds the input as `input`. A name without extension leaves the choice of
    /// the demuxer to the content, and messages of the tools cannot repeat a path of the server.
    pub(crate) fn with_input(parent: &Path, input: &Path) -> Result<Self, VideoError> {
        let dir = TempDir::new_in(parent).map_err(VideoError::Scratch)?;
        let input = std::path::absolute(input).map_err(VideoError::Scratch)?;
        std::os::unix::fs::symlink(&input, dir.path().join("input")).map_err(VideoError::Scratch)?;
        Ok(Self { dir, input, others: Vec::new() })
    }

    /// Puts another file beside it under a name of ours.
    pub(crate) fn add(&mut self, file: &Path, name: &str) -> Result<(), VideoError> {
        let file = std::path::absolute(file).map_err(VideoError::Scratch)?;
        std::os::unix::fs::symlink(&file, self.dir.path().join(name)).map_err(VideoError::Scratch)?;
        self.others.push(file);
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A run of `program` in it, which sees the input, what was added, and no other file.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let command = Command::new(program, self.path()).reads(&self.input);
        self.others.iter().fold(command, Command::reads)
    }
}
