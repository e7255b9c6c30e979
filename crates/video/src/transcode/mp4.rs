//! The download file: one rung and the sound in one MP4, copied without encoding.

use telecine_process::{Command, Limits};

use super::encode::Encoded;
use super::{Scratch, Transcode, store};
use crate::command::{MP4_FILE, PICTURE_COPY_FILE, PROGRESS_FD, SOUND_COPY_FILE, mp4_args};
use crate::error::VideoError;
use crate::package::StoredObject;

/// Bytes of the index at most: 16 for each frame of six hours at 60 frames, and as much again for the sound.
const MAX_INDEX_BYTES: u64 = 64 * 1024 * 1024;

/// Makes and stores the file; `None` when there is no picture.
pub(super) async fn store(
    run: &Transcode<'_>,
    scratch: &Scratch,
    encoded: &Encoded,
) -> Result<Option<StoredObject>, VideoError> {
    if encoded.video.is_empty() {
        return Ok(None);
    }
    copy_streams(run, scratch, encoded).await?;
    let stored = store::put_file(run.sink, scratch.path(), MP4_FILE.to_owned(), "video/mp4");
    super::unless_cancelled(run.cancel, stored).await.map(Some)
}

async fn copy_streams(run: &Transcode<'_>, scratch: &Scratch, encoded: &Encoded) -> Result<(), VideoError> {
    let sound = run.plan.audio.as_ref().filter(|_| encoded.audio.is_some());
    let command = Command::new(&run.tools.ffmpeg, scratch.path())
        .args(mp4_args(sound))
        .limits(limits(run, scratch))
        .pipe(PROGRESS_FD);
    let mut running = command.spawn().await.map_err(|error| VideoError::not_started("ffmpeg", &error))?;
    let reports = super::encode::drain(running.take_pipe(PROGRESS_FD));
    let (outcome, ()) = tokio::join!(running.wait(run.cancel), reports);
    match VideoError::from_outcome("ffmpeg", &outcome) {
        // The input is our own output, so it is not the uploaded file that is broken.
        Some(VideoError::Corrupt { detail }) => Err(VideoError::invalid(detail)),
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn limits(run: &Transcode<'_>, scratch: &Scratch) -> Limits {
    let size = |name| std::fs::metadata(scratch.path().join(name)).map_or(0, |file| file.len());
    let input_bytes = size(PICTURE_COPY_FILE) + size(SOUND_COPY_FILE);
    // Moving the index to the front happens after the last byte was written and reports nothing.
    Limits { silence: None, ..run.limits(2 * input_bytes + MAX_INDEX_BYTES) }
}
