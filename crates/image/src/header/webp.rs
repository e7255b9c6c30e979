//! WebP: canvas, frames, EXIF and profile. Every picture inside has to have the size that was announced for it: decoders
//! make room for what the picture says.

use std::borrow::Cow;

use super::{Header, pixels};
use crate::container::webp::{
    Chunk, FRAME_HEADER_BYTES, chunks, inner_chunks, lossless_size, lossy_size, three_bytes,
};
use crate::error::Refusal;
use crate::exif;
use crate::format::Format;
use crate::limits::MAX_PROFILE_BYTES;
use crate::orient::Orientation;

/// Flag of the extended header: the file holds frames.
const ANIMATION: u8 = 0x02;

/// Bytes of a pixel as RGBA.
const BYTES_PER_PIXEL: u64 = 4;

pub(super) fn read(bytes: &[u8]) -> Result<Header<'_>, Refusal> {
    let no_picture = || Refusal::corrupt("no picture");
    let (mut size, mut is_animated, mut frames, mut has_picture) = (None, false, 0_u32, false);
    let (mut orientation, mut profile) = (Orientation::Upright, None);
    for chunk in chunks(bytes)? {
        let chunk = chunk?;
        match &chunk.kind {
            b"VP8X" if size.is_none() => {
                size = Some(canvas(chunk.data)?);
                is_animated = chunk.data[0] & ANIMATION != 0;
            }
            b"VP8 " | b"VP8L" => {
                has_picture = true;
                let own = picture_size(&chunk)?;
                if *size.get_or_insert(own) != own {
                    return Err(Refusal::corrupt("a picture of another size than its canvas"));
                }
            }
            b"ANMF" => {
                check_frame(chunk.data)?;
                frames += 1;
            }
            b"EXIF" => {
                orientation = exif::orientation(chunk.data.strip_prefix(b"Exif\0\0").unwrap_or(chunk.data))
            }
            b"ICCP" => profile = Some(chunk.data).filter(|data| data.len() <= MAX_PROFILE_BYTES),
            _ => {}
        }
    }
    let (width, height) = size.ok_or_else(no_picture)?;
    let frames = match (is_animated, has_picture) {
        (true, _) if frames > 0 => frames,
        (false, true) => 1,
        _ => return Err(no_picture()),
    };
    Ok(Header {
        format: Format::WebP,
        width,
        height,
        orientation,
        profile: profile.map(Cow::Borrowed),
        frames,
        is_usual: true,
        decoded_bytes: pixels(width, height) * BYTES_PER_PIXEL,
    })
}

fn canvas(data: &[u8]) -> Result<(u32, u32), Refusal> {
    let side = |at| three_bytes(data, at).map(|side| side + 1);
    side(4).zip(side(7)).ok_or_else(|| Refusal::corrupt("a bad header"))
}

fn picture_size(chunk: &Chunk<'_>) -> Result<(u32, u32), Refusal> {
    let size = if chunk.kind == *b"VP8 " { lossy_size(chunk.data) } else { lossless_size(chunk.data) };
    size.ok_or_else(|| Refusal::corrupt("a bad picture header"))
}

fn check_frame(data: &[u8]) -> Result<(), Refusal> {
    let side = |at| three_bytes(data, at).map(|side| side + 1);
    let announced = side(6).zip(side(9)).ok_or_else(|| Refusal::corrupt("a bad frame header"))?;
    for chunk in inner_chunks(data.get(FRAME_HEADER_BYTES..).unwrap_or_default()) {
        let chunk = chunk?;
        if matches!(&chunk.kind, b"VP8 " | b"VP8L") && picture_size(&chunk)? != announced {
            return Err(Refusal::corrupt("a frame of another size than announced"));
        }
    }
    Ok(())
}
