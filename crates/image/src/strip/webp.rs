//! WebP: pictures, alpha and frames stay, and the extended header without the flags of what goes.

use std::borrow::Cow;

use super::Stripped;
use crate::container::cut_off;
use crate::container::webp::{FRAME_HEADER_BYTES, chunks, inner_chunks};
use crate::error::Refusal;

/// Flags of the extended header, RFC 9649 §2.7: profile, EXIF and XMP.
const METADATA: u8 = 0x20 | 0x08 | 0x04;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped<'_>, Refusal> {
    let mut body = Stripped::default();
    for chunk in chunks(bytes)? {
        let chunk = chunk?;
        match (&chunk.kind, chunk.data) {
            (b"VP8X", [flags, rest @ ..]) => {
                push_chunk(&mut body, chunk.kind, [&[flags & !METADATA], rest].concat().into());
            }
            (b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM", data) => push_chunk(&mut body, chunk.kind, data.into()),
            (b"ANMF", data) => push_chunk(&mut body, chunk.kind, strip_frame(data)?.into()),
            _ => {}
        }
    }
    let size = u32::try_from(body.len() + 4).map_err(|_| Refusal::corrupt("too large"))?;
    let mut stripped = Stripped::default();
    stripped.push([b"RIFF".as_slice(), &size.to_le_bytes(), b"WEBP"].concat());
    body.pieces.into_iter().for_each(|piece| stripped.push(piece));
    Ok(stripped)
}

fn strip_frame(data: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (header, rest) = data.split_at_checked(FRAME_HEADER_BYTES).ok_or_else(cut_off)?;
    let mut frame = Stripped::default();
    frame.push(header);
    for chunk in inner_chunks(rest) {
        let chunk = chunk?;
        if matches!(&chunk.kind, b"VP8 " | b"VP8L" | b"ALPH") {
            push_chunk(&mut frame, chunk.kind, chunk.data.into());
        }
    }
    Ok(frame.join())
}

fn push_chunk<'a>(to: &mut Stripped<'a>, kind: [u8; 4], data: Cow<'a, [u8]>) {
    // The length came from a field of four bytes, and nothing was added.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    to.push([kind, length.to_le_bytes()].concat());
    to.push(data);
    if length % 2 == 1 {
        to.push(&[0][..]);
    }
}
