//! What a file says of itself, read to its end without decoding: size, which way up, colour profile, frames, and what
//! decoding it will take.

mod gif;
mod jpeg;
mod png;
mod webp;

use std::borrow::Cow;

use crate::error::Refusal;
use crate::format::{self, Format};
use crate::orient::Orientation;

/// A header.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) format: Format,
    /// Pixels across, as stored.
    pub(crate) width: u32,
    /// Pixels down, as stored.
    pub(crate) height: u32,
    pub(crate) orientation: Orientation,
    /// The ICC profile.
    pub(crate) profile: Option<Cow<'a, [u8]>>,
    /// Pictures; more than one is an animation.
    pub(crate) frames: u32,
    /// Whether every program that reads the format can show it. Few read JPEGs of inks, or with arithmetic coding.
    pub(crate) is_usual: bool,
    /// Bytes that decoding holds at the same time.
    pub(crate) decoded_bytes: u64,
}

/// Reads the header of a file of any format that is decoded.
pub(crate) fn read(bytes: &[u8]) -> Result<Header<'_>, Refusal> {
    match format::sniff(bytes)? {
        Format::Jpeg => jpeg::read(bytes),
        Format::Png => png::read(bytes),
        Format::WebP => webp::read(bytes),
        Format::Gif => gif::read(bytes),
    }
}

fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}
