//! A look at a file before any child process is started: is it empty, and is all of it there?
//!
//! Three families of containers say in front how long they are. Reading that takes microseconds and sees cuts that
//! ffmpeg passes over with exit code 0, also those of a few percent that no comparison of durations would notice.

mod matroska;
pub(crate) mod mp4;
mod riff;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use crate::error::VideoError;

/// Bytes read from the start to tell the container: enough for the headers of Matroska.
const HEAD_BYTES: u64 = 4096;

/// Checks that the file has bytes and, where the container says how many there should be, that none is missing.
///
/// # Errors
/// [`VideoError::EmptyFile`], [`VideoError::Truncated`], or [`VideoError::Scratch`] when the file cannot be read.
pub(crate) async fn inspect(file: &Path) -> Result<(), VideoError> {
    let file = file.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let mut file = File::open(file).map_err(VideoError::Scratch)?;
        let len = file.metadata().map_err(VideoError::Scratch)?.len();
        look(&mut file, len)
    });
    looked.await.unwrap_or_else(|panic| Err(VideoError::Scratch(io::Error::other(panic))))
}

/// Seconds between two key frames at most of the stream number `stream`, from the index of an MP4 or MOV; `None` where
/// there is none that tells.
///
/// # Errors
/// [`VideoError::Scratch`] when the file cannot be read.
pub(crate) async fn longest_group(file: &Path, stream: u32) -> Result<Option<f64>, VideoError> {
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut file = File::open(file)?;
        let Some(index) = mp4::index(&mut file)? else { return Ok(None) };
        let stream = usize::try_from(stream).unwrap_or(usize::MAX);
        Ok(crate::boxes::longest_group(&index, stream).ok().flatten())
    });
    read.await.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(VideoError::Scratch)
}

fn look(file: &mut (impl Read + Seek), len: u64) -> Result<(), VideoError> {
    if len == 0 {
        return Err(VideoError::EmptyFile);
    }
    let mut head = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(VideoError::Scratch)?;
    let promised = riff::promised_bytes(&head).or_else(|| matroska::promised_bytes(&head));
    match promised {
        Some(promised) if promised > len => Err(VideoError::Truncated {
            detail: format!("the file says it has {promised} bytes, it has {len}"),
        }),
        Some(_) => Ok(()),
        None => mp4::check(file, len),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn code(bytes: &[u8]) -> Option<&'static str> {
        look(&mut Cursor::new(bytes), bytes.len() as u64).err().map(|error| error.code().as_str())
    }

    #[test]
    fn an_empty_file_is_told_apart_from_an_unknown_one() {
        assert_eq!(code(b""), Some("empty_file"));
        assert_eq!(code(b"x"), None);
        assert_eq!(code(b"#EXTM3U and so on"), None);
    }

    #[test]
    fn a_file_shorter_than_its_container_says_is_cut() {
        let riff = [&b"RIFF\x40\x1f\0\0AVI "[..], &[0; 7996]].concat();
        assert_eq!(code(&riff), None);
        assert_eq!(code(&riff[..7000]), Some("video_truncated"));
        let segment = [0x1a, 0x45, 0xdf, 0xa3, 0x82, 0, 0, 0x18, 0x53, 0x80, 0x67, 0x43, 0xe8];
        let matroska = [&segment[..], &[0; 1000]].concat();
        assert_eq!(code(&matroska), None);
        assert_eq!(code(&matroska[..900]), Some("video_truncated"));
    }
}
