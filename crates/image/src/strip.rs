//! Metadata taken out of a file without touching its pixels: only what a decoder needs for them is kept, everything else is
//! left out, known or not.

mod gif;
mod jpeg;
mod png;
mod webp;

use std::borrow::Cow;

use crate::error::Refusal;
use crate::format::Format;

/// A file in pieces, most of which lie in the original.
#[derive(Debug, Default)]
pub(crate) struct Stripped<'a> {
    pieces: Vec<Cow<'a, [u8]>>,
    bytes: usize,
}

/// Strips a file of this format. What is stripped shows the same only if it was upright and in sRGB: which way up, and in which
/// colours, are metadata too.
pub(crate) fn strip(bytes: &[u8], format: Format) -> Result<Stripped<'_>, Refusal> {
    match format {
        Format::Jpeg => jpeg::strip(bytes),
        Format::Png => png::strip(bytes),
        Format::WebP => webp::strip(bytes),
        Format::Gif => gif::strip(bytes),
    }
}

impl<'a> Stripped<'a> {
    fn push(&mut self, piece: impl Into<Cow<'a, [u8]>>) {
        let piece = piece.into();
        self.bytes += piece.len();
        self.pieces.push(piece);
    }

    /// Bytes of the file.
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    pub(crate) fn join(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}
