//! JPEG: tables, frame and scans stay; of the application segments only Adobe's, which says how colours are stored.

use super::Stripped;
use crate::container::jpeg::{EOI, Part, SOI, parts};
use crate::error::Refusal;

/// JFIF 1.02 without a thumbnail, pixels square: it says that colours are YCbCr.
const JFIF: &[u8] = b"\xff\xe0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0";

/// Bytes of Adobe's segment; some programs put more behind it.
const ADOBE_BYTES: usize = 12;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped<'_>, Refusal> {
    let mut stripped = Stripped::default();
    stripped.push([0xff, SOI].to_vec());
    for part in parts(bytes)? {
        match part? {
            Part::Scan(data) => stripped.push(data),
            Part::Segment { marker: 0xe0, payload, .. } if payload.starts_with(b"JFIF\0") => {
                stripped.push(JFIF)
            }
            Part::Segment { marker: 0xee, payload, whole } if payload.starts_with(b"Adobe") => {
                if payload.len() == ADOBE_BYTES {
                    stripped.push(whole);
                } else if let Some(adobe) = payload.get(..ADOBE_BYTES) {
                    stripped.push([&[0xff, 0xee, 0, 14], adobe].concat());
                }
            }
            // Application segments, reserved ones, and comments.
            Part::Segment { marker: 0xe0..=0xfe | 0x02..=0xbf | 0xc8, .. } => {}
            Part::Segment { whole, .. } => stripped.push(whole),
        }
    }
    stripped.push([0xff, EOI].to_vec());
    Ok(stripped)
}
