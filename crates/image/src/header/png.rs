//! PNG: header, EXIF and profile; text is never looked at.

use std::borrow::Cow;

use super::{Header, pixels};
use crate::container::png::chunks;
use crate::error::Refusal;
use crate::exif;
use crate::format::Format;
use crate::limits::MAX_PROFILE_BYTES;
use crate::orient::Orientation;

pub(super) fn read(bytes: &[u8]) -> Result<Header<'_>, Refusal> {
    let mut chunks = chunks(bytes)?;
    let first = chunks.next().ok_or_else(|| Refusal::corrupt("no chunks"))??;
    let (b"IHDR", &[w0, w1, w2, w3, h0, h1, h2, h3, _, color, ..]) = (&first.kind, first.data) else {
        return Err(Refusal::corrupt("no header"));
    };
    let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
    let (mut orientation, mut profile) = (Orientation::Upright, None);
    let (mut has_transparency, mut has_pixels) = (false, false);
    for chunk in chunks {
        let chunk = chunk?;
        match &chunk.kind {
            b"eXIf" => orientation = exif::orientation(chunk.data),
            b"iCCP" => profile = inflate_profile(chunk.data),
            b"tRNS" => has_transparency = true,
            b"IDAT" => has_pixels = true,
            _ => {}
        }
    }
    if !has_pixels {
        return Err(Refusal::corrupt("no picture"));
    }
    Ok(Header {
        format: Format::Png,
        width,
        height,
        orientation,
        profile: profile.map(Cow::Owned),
        frames: 1,
        is_usual: true,
        // Rows of 16 bits are made 8 bits deep one by one.
        decoded_bytes: pixels(width, height).saturating_mul(bytes_per_pixel(color, has_transparency)),
    })
}

/// With palettes and transparent colours resolved; the kinds of colour are those of §11.2.1.
fn bytes_per_pixel(color: u8, has_transparency: bool) -> u64 {
    let plain = match color {
        0 => 1,
        4 => 2,
        2 | 3 => 3,
        _ => 4,
    };
    if has_transparency && color < 4 { plain + 1 } else { plain }
}

/// The profile behind its name and method; `None`, as if there were none, when it is damaged or inflates to too much.
fn inflate_profile(data: &[u8]) -> Option<Vec<u8>> {
    let name_end = data.iter().take(80).position(|byte| *byte == 0)?;
    let compressed = data.get(name_end + 2..)?;
    fdeflate::decompress_to_vec_bounded(compressed, MAX_PROFILE_BYTES).ok()
}
