//! The words of the file: what ffmpeg has written of them is read, cut to the video, written anew and stored.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use bytes::Bytes;

use super::{Scratch, Transcode, store};
use crate::captions::{Captions, MAX_BYTES, read_leniently};
use crate::command::subtitles_file;
use crate::error::VideoError;
use crate::package::{SubtitleRendition, told_apart};

/// Stores the words that are shown within the video's `seconds`. Streams without any are left out: no words are no reason
/// for a video to fail.
pub(super) async fn store(
    run: &Transcode<'_>,
    scratch: &Scratch,
    seconds: f64,
) -> Result<Vec<SubtitleRendition>, VideoError> {
    let mut stored = Vec::new();
    for (index, plan) in run.plan.subtitles.iter().enumerate() {
        let file = scratch.path().join(subtitles_file(index));
        let read = store::on_blocking_thread(move || captions_in(file)).await?;
        let Some(captions) = read.and_then(|captions| captions.within(seconds)) else {
            tracing::info!(stream = plan.stream, "there is nothing to show in a stream of words");
            continue;
        };
        let (name, bytes) = (format!("subtitles/{index}.vtt"), Bytes::from(captions.to_webvtt()));
        let put = store::put(run.sink, name, "text/vtt", bytes);
        stored.push(SubtitleRendition {
            object: super::unless_cancelled(run.cancel, put).await?,
            language: plan.language.clone(),
            name: plan.name.clone(),
            kind: plan.kind,
            is_default: plan.is_default,
            is_forced: plan.is_forced,
        });
    }
    Ok(told_apart(stored))
}

/// `None` when there is no file, or nothing that can be read in it.
fn captions_in(file: PathBuf) -> io::Result<Option<Captions>> {
    let mut bytes = Vec::new();
    match File::open(file) {
        // ffmpeg stops at the limit, give or take a cue; the whole cues before it are there.
        Ok(file) => file.take(MAX_BYTES as u64).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    Ok(read_leniently(&bytes[..whole]))
}
