//! What the first bytes say a file is.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;

/// Bytes of text that are searched for the root of an SVG: comments and declarations may stand before it.
const TEXT_BYTES: usize = 4096;

/// A format that is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG, ISO/IEC 10918-1, with Huffman or arithmetic coding, in one or in many scans.
    Jpeg,
    /// PNG; of an APNG the still picture.
    Png,
    /// WebP, lossy or lossless.
    WebP,
    /// GIF.
    Gif,
}

impl Format {
    /// The extension of its files, without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }

    /// The name, as JSON has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }

    /// The media type of its files.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

/// Tells the format by the first bytes.
pub(crate) fn sniff(bytes: &[u8]) -> Result<Format, Refusal> {
    match bytes {
        [] => Err(Refusal::EmptyFile),
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::WebP),
        _ => Err(unsupported(bytes)
            .map_or(Refusal::NotAnImage, |format| Refusal::UnsupportedFormat { format: format.to_owned() })),
    }
}

/// Images of other kinds by their names, so that people know what to convert.
fn unsupported(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => iso_brand(bytes),
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => Some("JPEG 2000"),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some("TIFF"),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("BMP"),
        [0, 0, 1, 0, count, 0, ..] if *count > 0 => Some("ICO"),
        [b'8', b'B', b'P', b'S', ..] => Some("PSD"),
        _ => is_svg(bytes).then_some("SVG"),
    }
}

/// Brands of the boxes that hold pictures, ISO/IEC 23000-22: the major one, then those that the file is compatible with.
fn iso_brand(bytes: &[u8]) -> Option<&'static str> {
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let brands = bytes.get(8..length.min(bytes.len()))?.chunks_exact(4);
    let mut found = None;
    for brand in brands {
        match brand {
            b"avif" | b"avis" => return Some("AVIF"),
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" => return Some("HEIC"),
            b"mif1" | b"msf1" => found = Some("HEIF"),
            _ => {}
        }
    }
    found
}

fn is_svg(bytes: &[u8]) -> bool {
    let text = &bytes[..bytes.len().min(TEXT_BYTES)];
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    text.starts_with(b"<") && text.windows(4).any(|word| word.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        match sniff(bytes) {
            Err(Refusal::UnsupportedFormat { format }) => format,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn other_kinds_of_images_are_called_by_their_names() {
        assert_eq!(refused(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif"), "AVIF");
        assert_eq!(refused(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "HEIC");
        assert_eq!(refused(b"\0\0\0\x10ftypmif1\0\0\0\0avif"), "HEIF");
        assert_eq!(refused(b"<?xml version='1.0'?><!-- a --><SVG xmlns=''/>"), "SVG");
        assert_eq!(refused(b"\xef\xbb\xbf\n <svg>"), "SVG");
        assert_eq!(refused(b"MM\0*"), "TIFF");
    }

    #[test]
    fn what_is_no_image_is_called_none() {
        for bytes in [
            &b"<html><script>"[..],
            b"%PDF-1.7",
            b"push graphic-context",
            b"\0\0\0\x10ftypisom\0\0\0\0mp42",
            b"BMW",
            b"\xff\xd8",
        ] {
            assert_eq!(sniff(bytes), Err(Refusal::NotAnImage), "{bytes:?}");
        }
        assert_eq!(sniff(b""), Err(Refusal::EmptyFile));
    }
}
