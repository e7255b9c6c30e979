//! What the file was that a package is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::probe::Rate;

/// A file as its probe has found it. In JSON, what is not known is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    /// The container, such as `mov,mp4,m4a,3gp,3g2,mj2`: ffmpeg names a family by all its names.
    pub container: String,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// Bits per second of the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u64>,
    /// The pictures that are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<SourceVideo>,
    /// The sound that is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<SourceAudio>,
    /// Title, artist and what else is meant for viewers. Where a file was recorded, and with what, is not among them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Pictures of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceVideo {
    /// Codec as ffmpeg names it, such as `hevc`.
    pub codec: String,
    /// Profile as ffmpeg names it, such as `Main 10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Stored width in pixels, before rotation.
    pub width: u32,
    /// Stored height in pixels, before rotation.
    pub height: u32,
    /// Degrees by which the pictures are turned for display: 0, 90, 180 or 270.
    pub rotation: u32,
    /// Frames per second on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<Rate>,
    /// Bits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u64>,
    /// Pixel format as ffmpeg names it, such as `yuv420p10le`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixel_format: Option<String>,
    /// Primaries as ffmpeg names them, such as `bt2020`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_primaries: Option<String>,
    /// Transfer function as ffmpeg names it, such as `smpte2084`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_transfer: Option<String>,
    /// Matrix as ffmpeg names it, such as `bt2020nc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_space: Option<String>,
    /// Whether it is high dynamic range: PQ or HLG.
    pub hdr: bool,
    /// Whether frames hold two fields.
    pub interlaced: bool,
}

/// Sound of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceAudio {
    /// Codec as ffmpeg names it, such as `aac`.
    pub codec: String,
    /// Channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u32>,
    /// Their layout as ffmpeg names it, such as `5.1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// Samples per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<u32>,
    /// Bits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u64>,
    /// Language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}
