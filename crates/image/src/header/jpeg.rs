//! JPEG: frame header, scans, and the segments of EXIF and ICC.

use std::borrow::Cow;

use super::{Header, pixels};
use crate::container::jpeg::{Part, SOS, parts};
use crate::error::Refusal;
use crate::exif;
use crate::format::Format;
use crate::limits::{MAX_PROFILE_BYTES, MAX_SCANS};
use crate::orient::Orientation;

const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const EXIF: &[u8] = b"Exif\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// Bytes of a coefficient; a picture in several scans keeps all of them until its last scan.
const COEFFICIENT_BYTES: u64 = 2;

/// The frame header, T.81 §B.2.2.
struct Frame {
    width: u32,
    height: u32,
    components: u64,
    is_arithmetic: bool,
    /// Samples of all components together, and of the one that has most.
    samples: (u64, u64),
}

pub(super) fn read(bytes: &[u8]) -> Result<Header<'_>, Refusal> {
    let (mut frame, mut orientation, mut icc, mut scans) = (None, None, Vec::new(), 0);
    for part in parts(bytes)? {
        let Part::Segment { marker, payload, .. } = part? else { continue };
        match marker {
            0xc0 | 0xc1 | 0xc2 | 0xc9 | 0xca if frame.is_none() => frame = Some(read_frame(marker, payload)?),
            0xc0 | 0xc1 | 0xc2 | 0xc9 | 0xca => return Err(Refusal::corrupt("two frame headers")),
            0xc3 | 0xc5..=0xc7 | 0xcb | 0xcd..=0xcf => {
                return Err(Refusal::UnsupportedFormat {
                    format: "lossless or hierarchical JPEG".to_owned(),
                });
            }
            SOS => {
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(Refusal::corrupt(format!("more than {MAX_SCANS} scans")));
                }
            }
            APP1 if orientation.is_none() => orientation = payload.strip_prefix(EXIF).map(exif::orientation),
            APP2 => icc.extend(payload.strip_prefix(ICC)),
            _ => {}
        }
    }
    let frame = frame.ok_or_else(|| Refusal::corrupt("no frame header"))?;
    if scans == 0 {
        return Err(Refusal::corrupt("no picture"));
    }
    Ok(Header {
        format: Format::Jpeg,
        width: frame.width,
        height: frame.height,
        orientation: orientation.unwrap_or(Orientation::Upright),
        profile: join_profile(icc),
        frames: 1,
        is_usual: !frame.is_arithmetic && frame.components <= 3,
        decoded_bytes: decoded_bytes(&frame, scans),
    })
}

fn read_frame(marker: u8, payload: &[u8]) -> Result<Frame, Refusal> {
    let bad = || Refusal::corrupt("a bad frame header");
    let [precision, h0, h1, w0, w1, count]: [u8; 6] = *payload.first_chunk().ok_or_else(bad)?;
    if precision != 8 {
        return Err(Refusal::UnsupportedFormat { format: format!("JPEG with {precision} bits") });
    }
    let factors: Vec<u64> =
        payload[6..].chunks_exact(3).map(|c| u64::from(c[1] >> 4) * u64::from(c[1] & 15)).collect();
    let most = factors.iter().copied().max().unwrap_or(0);
    if factors.len() != usize::from(count) || ![1, 3, 4].contains(&count) || factors.contains(&0) {
        return Err(bad());
    }
    Ok(Frame {
        width: u16::from_be_bytes([w0, w1]).into(),
        height: u16::from_be_bytes([h0, h1]).into(),
        components: count.into(),
        is_arithmetic: marker >= 0xc9,
        samples: (factors.iter().sum(), most),
    })
}

/// Pixels, and the coefficients of the whole picture when it does not come in one scan. What scaling while decoding saves is
/// not counted on.
fn decoded_bytes(frame: &Frame, scans: u32) -> u64 {
    let area = pixels(frame.width, frame.height);
    let is_kept = scans > 1;
    let coefficients = if is_kept { area * frame.samples.0 / frame.samples.1 * COEFFICIENT_BYTES } else { 0 };
    area * frame.components + coefficients
}

/// Joins the pieces of a profile, ICC.1:2022 annex B.4: each begins with its number, from 1, and how many there are.
fn join_profile(mut pieces: Vec<&[u8]>) -> Option<Cow<'_, [u8]>> {
    pieces.sort_by_key(|piece| piece.first().copied());
    let is_whole = (1..=255_u8).zip(&pieces).all(|(number, piece)| {
        matches!(piece, [n, count, ..] if *n == number && usize::from(*count) == pieces.len())
    });
    let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
    match pieces.as_slice() {
        [] => None,
        all if !is_whole || all.len() > 255 || bytes > MAX_PROFILE_BYTES => None,
        [one] => Some(Cow::Borrowed(&one[2..])),
        all => Some(all.iter().flat_map(|piece| &piece[2..]).copied().collect()),
    }
}
