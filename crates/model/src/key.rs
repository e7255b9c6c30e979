//! Object keys: everything of a video lies under one prefix, so deleting the prefix deletes the video.
//!
//! ```text
//! videos/{id}/source                       the uploaded file
//! videos/{id}/g{generation}/manifest.json  one complete set of outputs; publishing points the video at a generation
//! videos/{id}/g{generation}/v720/seg_000.m4s
//! ```

use crate::id::VideoId;

/// The prefix of everything that belongs to the video.
#[must_use]
pub fn video_prefix(video: VideoId) -> String {
    format!("videos/{video}/")
}

/// The uploaded file.
#[must_use]
pub fn source(video: VideoId) -> String {
    format!("videos/{video}/source")
}

/// The prefix of one generation of outputs. Every run of the job writes under a generation of its own, so two
/// workers never write the same object.
#[must_use]
pub fn generation_prefix(video: VideoId, generation: i64) -> String {
    format!("videos/{video}/g{generation}/")
}
