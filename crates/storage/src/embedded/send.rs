//! The body of a GET: a byte range over the files of an object, read in pieces on blocking threads.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use futures::stream;
use s3s::dto::StreamingBlob;

use super::record::ObjectRecord;
use super::store::Pin;

/// Bytes read at a time: large enough that the disk, not the switching of threads, sets the pace.
const PIECE_BYTES: u64 = 256 * 1024;

/// A stretch of one file.
#[derive(Debug, PartialEq, Eq)]
struct Stretch {
    path: PathBuf,
    start: u64,
    length: u64,
}

/// The rest of a range that is being sent.
pub(super) struct Reader {
    stretches: VecDeque<Stretch>,
    open: Option<(File, u64)>,
    pin: Pin,
}

impl Reader {
    /// Prepares to send `range` of `object`. The first file is opened at once, so that a missing one is an error
    /// and not a broken download.
    pub(super) fn open(object: &ObjectRecord, pin: Pin, range: &Range<u64>) -> io::Result<Self> {
        let stretches = stretches(pin.bucket.blob(&object.blob), object, range);
        let mut reader = Self { stretches, open: None, pin };
        reader.open_next()?;
        Ok(reader)
    }

    /// The bytes as the body of an answer.
    pub(super) fn into_body(self) -> StreamingBlob {
        StreamingBlob::wrap(stream::unfold(Some(self), |reader| async {
            let mut reader = reader?;
            let running = reader.pin.store.running.clone();
            let read = running.spawn_blocking(move || {
                let piece = reader.next_piece();
                (reader, piece)
            });
            match read.await {
                Ok((reader, Ok(Some(piece)))) => Some((Ok(piece), Some(reader))),
                Ok((_, Ok(None))) => None,
                Ok((_, Err(error))) => Some((Err(error), None)),
                Err(panic) => Some((Err(io::Error::other(panic)), None)),
            }
        }))
    }

    fn next_piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.open.as_ref().is_none_or(|(_, left)| *left == 0) && !self.open_next()? {
            return Ok(None);
        }
        let Some((file, left)) = &mut self.open else {
            return Ok(None);
        };
        let wanted = (*left).min(PIECE_BYTES);
        let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
        file.take(wanted).read_to_end(&mut piece)?;
        if piece.len() as u64 != wanted {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        *left -= wanted;
        Ok(Some(piece.into()))
    }

    /// Opens the next file that has something to send; false at the end.
    fn open_next(&mut self) -> io::Result<bool> {
        let Some(stretch) = self.stretches.pop_front() else {
            return Ok(false);
        };
        let mut file = File::open(&stretch.path)?;
        file.seek(SeekFrom::Start(stretch.start))?;
        self.open = Some((file, stretch.length));
        Ok(true)
    }
}

fn stretches(blob: PathBuf, object: &ObjectRecord, range: &Range<u64>) -> VecDeque<Stretch> {
    if object.parts.is_empty() {
        let whole = Stretch { path: blob, start: range.start, length: range.end - range.start };
        return VecDeque::from_iter((whole.length > 0).then_some(whole));
    }
    let mut found = VecDeque::new();
    let mut part_start = 0;
    for part in &object.parts {
        let part_end = part_start + part.size;
        let (from, to) = (range.start.max(part_start), range.end.min(part_end));
        if from < to {
            found.push_back(Stretch {
                path: blob.join(&part.file),
                start: from - part_start,
                length: to - from,
            });
        }
        part_start = part_end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::record::{Headers, PartFile};

    fn object(part_sizes: &[u64]) -> ObjectRecord {
        let part = |(i, &size)| PartFile { file: format!("p{i}"), size };
        ObjectRecord {
            key: "k".into(),
            etag: "e".into(),
            size: part_sizes.iter().sum(),
            modified_ms: 0,
            blob: "b".into(),
            parts: part_sizes.iter().enumerate().map(part).collect(),
            headers: Headers::default(),
        }
    }

    #[test]
    fn a_range_over_a_border_takes_the_end_of_one_part_and_the_start_of_the_next() {
        let found = stretches("b".into(), &object(&[10, 0, 10, 10]), &(8..13));
        let stretch =
            |file: &str, start, length| Stretch { path: PathBuf::from("b").join(file), start, length };
        assert_eq!(found, [stretch("p0", 8, 2), stretch("p2", 0, 3)]);
    }

    #[test]
    fn a_range_ends_with_its_part() {
        let found = stretches("b".into(), &object(&[10, 10]), &(0..10));
        assert_eq!(found.iter().map(|stretch| stretch.length).collect::<Vec<_>>(), [10]);
    }
}
