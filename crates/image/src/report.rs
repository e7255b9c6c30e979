//! What became of an image.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::format::Format;

/// Everything that was made, and the placeholders to show before any of it is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What came in.
    pub source: Source,
    /// What was stored, in the order of the wish.
    pub variants: Vec<Stored>,
    /// The picture in some 25 bytes, as a thumbhash in Base64.
    pub thumbhash: String,
    /// The picture 16 pixels wide as a `data:` URL of WebP; scaled up by a browser it is blurred.
    pub blurred: String,
}

/// The image as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// By its first bytes.
    pub format: Format,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// Pictures in it; more than one is an animation.
    pub frames: u32,
    /// Bytes of the file.
    pub bytes: u64,
}

/// One variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// As it was asked for.
    pub name: String,
    /// Where it is.
    pub file: PathBuf,
    /// What it is.
    pub format: Format,
    /// Pixels across. Only an original can be larger than what was asked for.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pictures in it.
    pub frames: u32,
    /// Bytes of the file.
    pub bytes: u64,
    /// Where it comes from.
    pub kept: Kept,
    /// Bytes that the WebP would have had, where it was made and the original was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webp_bytes: Option<u64>,
    /// The same of a JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jpeg_bytes: Option<u64>,
}

/// What a variant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// The picture made anew, as WebP.
    WebP,
    /// The picture made anew, as JPEG.
    Jpeg,
    /// The original without its metadata: what was made anew was not smaller, or could not be made.
    Original,
}
