//! Still pictures that come with a video.

use serde::{Deserialize, Serialize};

use super::StoredObject;

/// A picture and its size in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// The file.
    #[serde(flatten)]
    pub object: StoredObject,
    /// `image/jpeg` or `image/webp`.
    #[serde(default = "jpeg")]
    pub mime: String,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

fn jpeg() -> String {
    "image/jpeg".to_owned()
}

/// Pictures at equal distances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thumbnails {
    /// Seconds each picture stands for.
    pub interval: u32,
    /// `image/jpeg` or `image/webp`.
    #[serde(default = "jpeg")]
    pub mime: String,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The pictures in order; the first stands for the time from 0.
    pub images: Vec<StoredObject>,
}

/// Pictures at equal distances on sheets, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Storyboard {
    /// Seconds each tile stands for.
    pub interval: u32,
    /// Pixels of a tile from left to right.
    pub width: u32,
    /// Pixels of a tile from top to bottom.
    pub height: u32,
    /// Tiles in a row.
    pub columns: u32,
    /// Rows of a sheet.
    pub rows: u32,
    /// Tiles on all sheets; the last sheet may not be full.
    pub tiles: u32,
    /// The sheets in order.
    pub images: Vec<StoredObject>,
}
