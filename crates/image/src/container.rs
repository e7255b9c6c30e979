//! The outer structure of files: segments, chunks and blocks, walked to the end without decoding anything. What is cut off
//! is seen here, and what is stripped is left out here.

pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod webp;

use crate::error::Refusal;
use crate::limits::MAX_PARTS;

/// Reads forward through bytes; running out of them is the end of the file.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    parts: u32,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, parts: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// What was read since `start`.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let taken = self.rest().get(..count).ok_or_else(cut_off)?;
        self.at += count;
        Ok(taken)
    }

    pub(crate) fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Refusal> {
        let taken = *self.rest().first_chunk().ok_or_else(cut_off)?;
        self.at += COUNT;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Refusal> {
        self.array().map(|[byte]| byte)
    }

    /// Counts a part, and refuses a file that has more of them than any program writes.
    pub(crate) fn count_part(&mut self) -> Result<(), Refusal> {
        self.parts += 1;
        match self.parts {
            0..=MAX_PARTS => Ok(()),
            _ => Err(Refusal::corrupt(format!("more than {MAX_PARTS} parts"))),
        }
    }
}

/// A file whose end is missing.
pub(crate) fn cut_off() -> Refusal {
    Refusal::corrupt("the file ends too early")
}
