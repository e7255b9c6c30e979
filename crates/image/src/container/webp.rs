//! WebP: chunks in a RIFF container, RFC 9649.

use super::{Cursor, cut_off};
use crate::error::Refusal;

/// Bytes of `RIFF`, the size and `WEBP`.
pub(crate) const HEADER_BYTES: usize = 12;

/// Bytes of an `ANMF` chunk before the chunks of the frame.
pub(crate) const FRAME_HEADER_BYTES: usize = 16;

/// A chunk.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    pub(crate) kind: [u8; 4],
    pub(crate) data: &'a [u8],
}

/// Chunks one after the other.
#[derive(Debug)]
pub(crate) struct Chunks<'a> {
    cursor: Cursor<'a>,
    has_failed: bool,
}

/// Walks a WebP as far as its RIFF container goes, all of which has to be there.
pub(crate) fn chunks(bytes: &[u8]) -> Result<Chunks<'_>, Refusal> {
    let size = *bytes.get(4..).and_then(<[u8]>::first_chunk).ok_or_else(cut_off)?;
    let end = (u32::from_le_bytes(size) as usize).saturating_add(8);
    let body = bytes.get(..end).ok_or_else(cut_off)?.get(HEADER_BYTES..).ok_or_else(cut_off)?;
    Ok(inner_chunks(body))
}

/// Walks the chunks inside of an `ANMF` chunk, behind its header.
pub(crate) fn inner_chunks(bytes: &[u8]) -> Chunks<'_> {
    Chunks { cursor: Cursor::new(bytes), has_failed: false }
}

impl<'a> Chunks<'a> {
    fn read(&mut self) -> Result<Chunk<'a>, Refusal> {
        self.cursor.count_part()?;
        let kind = self.cursor.array()?;
        let length = u32::from_le_bytes(self.cursor.array()?) as usize;
        let data = self.cursor.take(length)?;
        // Chunks begin at even places; some encoders leave out the last byte of padding.
        if length % 2 == 1 && !self.cursor.is_at_end() {
            self.cursor.byte()?;
        }
        Ok(Chunk { kind, data })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed || self.cursor.is_at_end() {
            return None;
        }
        let read = self.read();
        self.has_failed = read.is_err();
        Some(read)
    }
}

/// Width and height in the header of a lossy picture, RFC 6386 §9.1.
pub(crate) fn lossy_size(data: &[u8]) -> Option<(u32, u32)> {
    let header: [u8; 10] = *data.first_chunk()?;
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    (header[3..6] == [0x9d, 0x01, 0x2a]).then(|| (side(header[6], header[7]), side(header[8], header[9])))
}

/// Width and height in the header of a lossless picture, RFC 9649 §3.4.
pub(crate) fn lossless_size(data: &[u8]) -> Option<(u32, u32)> {
    let [0x2f, header @ ..]: [u8; 5] = *data.first_chunk()? else { return None };
    let header = u32::from_le_bytes(header);
    Some(((header & 0x3fff) + 1, ((header >> 14) & 0x3fff) + 1))
}

/// A number of three bytes.
pub(crate) fn three_bytes(data: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = *data.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}
