//! JPEG: marker segments and the entropy-coded data behind each start of a scan, ITU-T T.81 annex B.

use memchr::memchr;

use super::{Cursor, cut_off};
use crate::error::Refusal;

/// Start of image.
pub(crate) const SOI: u8 = 0xd8;
/// End of image.
pub(crate) const EOI: u8 = 0xd9;
/// Start of a scan.
pub(crate) const SOS: u8 = 0xda;

/// A piece of the file between start and end of image.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    /// A marker segment.
    Segment {
        /// Its marker, without the 0xff.
        marker: u8,
        /// What stands behind its length.
        payload: &'a [u8],
        /// All of it, with marker and length.
        whole: &'a [u8],
    },
    /// The data of the scan that was started last, restart markers included.
    Scan(&'a [u8]),
}

/// The parts of a JPEG up to its end of image, which has to be there. What comes after it is no part of the picture.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    cursor: Cursor<'a>,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Marker,
    Scan,
    Ended,
}

/// Walks a JPEG.
pub(crate) fn parts(bytes: &[u8]) -> Result<Parts<'_>, Refusal> {
    let mut cursor = Cursor::new(bytes);
    match cursor.array()? {
        [0xff, SOI] => Ok(Parts { cursor, state: State::Marker }),
        _ => Err(Refusal::corrupt("no start of image")),
    }
}

impl<'a> Parts<'a> {
    fn read(&mut self) -> Result<Option<Part<'a>>, Refusal> {
        self.cursor.count_part()?;
        if self.state == State::Scan {
            self.state = State::Marker;
            let length = scan_length(self.cursor.rest()).ok_or_else(cut_off)?;
            return Ok(Some(Part::Scan(self.cursor.take(length)?)));
        }
        if self.cursor.byte()? != 0xff {
            return Err(Refusal::corrupt("bytes between segments"));
        }
        let mut marker = self.cursor.byte()?;
        // Fill bytes may stand before a marker.
        while marker == 0xff {
            marker = self.cursor.byte()?;
        }
        match marker {
            EOI => {
                self.state = State::Ended;
                return Ok(None);
            }
            0x00 | 0x01 | 0xd0..=SOI => return Err(Refusal::corrupt("a marker where none may stand")),
            _ => {}
        }
        let start = self.cursor.position() - 2;
        let length = usize::from(u16::from_be_bytes(self.cursor.array()?));
        let payload = self
            .cursor
            .take(length.checked_sub(2).ok_or_else(|| Refusal::corrupt("a segment without length"))?)?;
        if marker == SOS {
            self.state = State::Scan;
        }
        Ok(Some(Part::Segment { marker, payload, whole: self.cursor.since(start) }))
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.state = State::Ended;
        }
        read.transpose()
    }
}

/// Bytes up to the next marker that is neither a stuffed zero nor a restart.
fn scan_length(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr(0xff, &data[at..])?;
        match data.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}
