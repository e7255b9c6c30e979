//! From an uploaded file to adaptive video: look at it, plan, encode once, cut, verify, describe.
//!
//! ```text
//! inspect (boxes, no child) -> probe (ffprobe) -> plan (pure) -> command (pure) -> transcode (one or two runs of ffmpeg)
//!                                                                        |
//!                    Sink <- objects as they are made <- segmenter <- splitter <- one pipe per rendition
//!                                                                        |
//!                                                  verify -> Package -> hls, dash, manifest.json, thumbnails.vtt
//! ```
//!
//! ffmpeg makes fragments and nothing else: playlists and manifests are written here from what was measured in the
//! boxes, so that every number in them is true of the bytes that were stored.

mod boxes;
pub mod captions;
mod command;
mod config;
pub mod doctor;
mod error;
mod frame;
mod inspect;
pub mod package;
pub mod plan;
mod prepare;
pub mod probe;
mod sink;
mod transcode;

pub use config::{Bitrate, Loudness, Place, Position, Preset, Quality, Tools, VideoConfig, WatermarkConfig};
pub use error::VideoError;
pub use frame::frame;
pub use package::{Addressing, Package};
pub use plan::{Chunk, LoudnessWish, Plan, Wishes};
pub use prepare::prepare;
pub use probe::Probe;
pub use sink::{OutputObject, Sink, SinkError};
pub use transcode::{SOURCE_FOLDER, Transcode};

/// Seconds between two cuts: every rung starts a segment at the first frame at or after each multiple.
pub const SEGMENT_SECONDS: u32 = 4;

/// Seconds between two thumbnails.
pub const THUMBNAIL_SECONDS: u32 = 4;

/// Thumbnails in a row of a sheet of the storyboard.
pub const STORYBOARD_COLUMNS: u32 = 5;

/// Rows of a sheet of the storyboard.
pub const STORYBOARD_ROWS: u32 = 5;
