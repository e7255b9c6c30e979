//! One picture of a film.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::command::{FRAME_FILE, frame_args};
use crate::config::Tools;
use crate::error::VideoError;
use crate::inspect::inspect;
use crate::probe::limits;
use crate::transcode::Scratch;

/// Bytes of a picture at most: a PNG of the largest one that is accepted.
const MAX_PICTURE_BYTES: u64 = 512 * 1024 * 1024;

/// Writes the picture that a film shows at this second as a PNG called `output`; after its end, the last one there is near it.
///
/// # Errors
/// Every way in which a file can be no film, cut off or too large; [`VideoError::NoPlayableStream`] when it shows nothing; the tools
/// are unusable.
pub async fn frame(
    tools: &Tools,
    input: &Path,
    seconds: f64,
    scratch_dir: &Path,
    output: &Path,
    cancel: &CancellationToken,
) -> Result<(), VideoError> {
    inspect(input).await?;
    let scratch = Scratch::with_input(scratch_dir, input)?;
    // A second beyond the end has no picture; the first one is better than none.
    for second in [seconds, 0.0] {
        if let Some(made) = at(tools, &scratch, second, cancel).await? {
            return tokio::fs::rename(made, output).await.map_err(VideoError::Scratch);
        }
    }
    Err(VideoError::NoPlayableStream)
}

async fn at(
    tools: &Tools,
    scratch: &Scratch,
    second: f64,
    cancel: &CancellationToken,
) -> Result<Option<PathBuf>, VideoError> {
    let mut limits = limits(tools);
    limits.file_size_bytes = Some(MAX_PICTURE_BYTES);
    let command = scratch.command(&tools.ffmpeg).args(frame_args(tools, second)).limits(limits);
    let running = command.spawn().await.map_err(|error| VideoError::not_started("ffmpeg", &error))?;
    let outcome = running.wait(cancel).await;
    let made = scratch.path().join(FRAME_FILE);
    let has_picture = tokio::fs::metadata(&made).await.is_ok_and(|file| file.len() > 0);
    match VideoError::from_outcome("ffmpeg", &outcome) {
        Some(error) => Err(error),
        None => Ok(has_picture.then_some(made)),
    }
}
