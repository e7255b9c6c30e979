//! A directory for one child process: empty but for the input, under a name we chose.

use std::path::Path;

use tempfile::TempDir;

use crate::error::VideoError;

/// Removed with everything in it when dropped.
#[derive(Debug)]
pub(crate) struct Scratch(TempDir);

impl Scratch {
    /// Makes a directory in `parent` that holds the input as `input`. A name without extension leaves the choice of
    /// the demuxer to the content, and messages of the tools cannot repeat a path of the server.
    pub(crate) fn with_input(parent: &Path, input: &Path) -> Result<Self, VideoError> {
        let dir = TempDir::new_in(parent).map_err(VideoError::Scratch)?;
        let target = std::path::absolute(input).map_err(VideoError::Scratch)?;
        std::os::unix::fs::symlink(target, dir.path().join("input")).map_err(VideoError::Scratch)?;
        Ok(Self(dir))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}
