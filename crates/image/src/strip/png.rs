//! PNG: header, palette, transparency and pixels stay. Of an APNG that is the still picture.

use super::Stripped;
use crate::container::png::{SIGNATURE_BYTES, chunks};
use crate::error::Refusal;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped<'_>, Refusal> {
    let mut stripped = Stripped::default();
    stripped.push(&bytes[..SIGNATURE_BYTES.min(bytes.len())]);
    for chunk in chunks(bytes)? {
        let chunk = chunk?;
        match &chunk.kind {
            b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" => stripped.push(chunk.whole),
            // A decoder has no use for data here, so it may hold anything.
            b"IEND" => stripped.push(END),
            _ => {}
        }
    }
    Ok(stripped)
}

/// `IEND` with its length and its checksum.
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
