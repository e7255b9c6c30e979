//! PNG: chunks from the signature to `IEND`, W3C PNG third edition §5.3.

use super::Cursor;
use crate::error::Refusal;

/// Bytes of the signature before the first chunk.
pub(crate) const SIGNATURE_BYTES: usize = 8;

/// A chunk. Its checksum is looked at by the decoder.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    pub(crate) kind: [u8; 4],
    pub(crate) data: &'a [u8],
    /// Length, kind, data and checksum.
    pub(crate) whole: &'a [u8],
}

/// The chunks of a PNG; `IEND`, which has to be there, is the last.
#[derive(Debug)]
pub(crate) struct Chunks<'a> {
    cursor: Cursor<'a>,
    has_ended: bool,
}

/// Walks a PNG.
pub(crate) fn chunks(bytes: &[u8]) -> Result<Chunks<'_>, Refusal> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(SIGNATURE_BYTES)?;
    Ok(Chunks { cursor, has_ended: false })
}

impl<'a> Chunks<'a> {
    fn read(&mut self) -> Result<Chunk<'a>, Refusal> {
        self.cursor.count_part()?;
        let start = self.cursor.position();
        let length = u32::from_be_bytes(self.cursor.array()?);
        let kind = self.cursor.array()?;
        let data = self.cursor.take(length as usize)?;
        let _checksum = self.cursor.take(4)?;
        Ok(Chunk { kind, data, whole: self.cursor.since(start) })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let read = self.read();
        self.has_ended = !matches!(&read, Ok(chunk) if chunk.kind != *b"IEND");
        Some(read)
    }
}
