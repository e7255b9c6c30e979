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

/// The video whose uploaded file has this key; `None` for every other object.
#[must_use]
pub fn video_of_source(key: &str) -> Option<VideoId> {
    video_of(key).filter(|video| source(*video) == key)
}

/// The prefix of one generation of outputs. Every run of the job writes under a generation of its own, so two
/// workers never write the same object.
#[must_use]
pub fn generation_prefix(video: VideoId, generation: i64) -> String {
    format!("videos/{video}/g{generation}/")
}

/// The video that the object belongs to; `None` for foreign keys.
#[must_use]
pub fn video_of(key: &str) -> Option<VideoId> {
    let (video, _) = key.strip_prefix("videos/")?.split_once('/')?;
    video.parse().ok()
}

/// The generation that the object belongs to; `None` for the source and foreign keys.
#[must_use]
pub fn generation_of(key: &str) -> Option<i64> {
    let folder = key.strip_prefix("videos/")?.split('/').nth(1)?;
    folder.strip_prefix('g')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_video() {
        let video = VideoId::generate();
        assert_eq!(video_of(&source(video)), Some(video));
        for foreign in ["videos/x/source", "images/a", "videos/", &format!("videos/{video}"), ""] {
            assert_eq!(video_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn only_the_key_of_a_source_tells_its_video() {
        let video = VideoId::generate();
        assert_eq!(video_of_source(&source(video)), Some(video));
        for other in
            ["", "videos//source", "videos/x/source", "/videos/x/source", &generation_prefix(video, 1)]
        {
            assert_eq!(video_of_source(other), None, "{other}");
        }
    }

    #[test]
    fn a_key_tells_its_generation_and_the_source_has_none() {
        let video = VideoId::generate();
        assert_eq!(generation_of(&format!("{}v720/seg_000.m4s", generation_prefix(video, 12))), Some(12));
        assert_eq!(generation_of(&source(video)), None);
        assert_eq!(generation_of("videos/x/gx/y"), None);
    }
}
