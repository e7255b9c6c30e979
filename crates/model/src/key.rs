//! Object keys: everything of a video, an image or a movie lies under one prefix, so deleting the prefix deletes it.
//!
//! ```text
//! videos/{id}/source                       the uploaded file
//! videos/{id}/g{generation}/manifest.json  one complete set of outputs; publishing points the video at a generation
//! videos/{id}/g{generation}/v720/seg_000.m4s
//! videos/{id}/captions/en-{captions}.vtt   words that people have given; no generation takes them along
//! images/{id}/source                       the uploaded file
//! images/{id}/{batch}/{variant}.webp       variants; those of one run are stored together, under a name of their own
//! cache/{batch}                            a file of somebody else's server
//! movies/{id}/{batch}/thumbnail.webp       of an episode; its preview lies beside it
//! ```

use crate::id::{BatchId, CaptionsId, ImageId, MovieId, VideoId};
use crate::owner::ObjectOwner;

/// The folders in which everything of ours lies.
const ROOMS: [&str; 4] = ["videos/", "images/", "cache/", "movies/"];

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

/// A file of captions that people have given. Every one has a name of its own, so that copies of it may be kept for good.
#[must_use]
pub fn captions(video: VideoId, language: &str, captions: CaptionsId) -> String {
    format!("videos/{video}/captions/{language}-{captions}.vtt")
}

/// The name of a file of captions within its folder; `None` for every other object.
#[must_use]
pub fn captions_file(key: &str) -> Option<&str> {
    let (_, path) = key.strip_prefix("videos/")?.split_once('/')?;
    path.strip_prefix("captions/")
}

/// The key of an object that a document of the generation names: within it, or beside it as `../captions/…`.
#[must_use]
pub fn named(generation_prefix: &str, name: &str) -> String {
    match (name.strip_prefix("../"), generation_prefix.trim_end_matches('/').rsplit_once('/')) {
        (Some(beside), Some((video, _))) => format!("{video}/{beside}"),
        _ => format!("{generation_prefix}{name}"),
    }
}

/// The video that the object belongs to; `None` for foreign keys.
#[must_use]
pub fn video_of(key: &str) -> Option<VideoId> {
    let (video, _) = key.strip_prefix("videos/")?.split_once('/')?;
    video.parse().ok()
}

/// The prefix of everything that belongs to the image.
#[must_use]
pub fn image_prefix(image: ImageId) -> String {
    format!("images/{image}/")
}

/// The uploaded file of an image.
#[must_use]
pub fn image_source(image: ImageId) -> String {
    format!("images/{image}/source")
}

/// The image whose uploaded file has this key; `None` for every other object.
#[must_use]
pub fn image_of_source(key: &str) -> Option<ImageId> {
    match owner_of(key)? {
        ObjectOwner::Image(image) if image_source(image) == key => Some(image),
        _ => None,
    }
}

/// A variant of an image. `file` is a plain name with its extension.
#[must_use]
pub fn image_variant(image: ImageId, batch: BatchId, file: &str) -> String {
    format!("images/{image}/{batch}/{file}")
}

/// A file in the media cache.
#[must_use]
pub fn cached(batch: BatchId) -> String {
    format!("cache/{batch}")
}

/// The prefix of everything that belongs to the movie.
#[must_use]
pub fn movie_prefix(movie: MovieId) -> String {
    format!("movies/{movie}/")
}

/// A file of an episode. `file` is a plain name with its extension.
#[must_use]
pub fn of_episode(movie: MovieId, batch: BatchId, file: &str) -> String {
    format!("movies/{movie}/{batch}/{file}")
}

/// What the object belongs to; `None` for foreign keys.
#[must_use]
pub fn owner_of(key: &str) -> Option<ObjectOwner> {
    let (room, rest) = key.split_once('/')?;
    if room == "cache" {
        return rest.parse().ok().map(ObjectOwner::Cache);
    }
    let (id, _) = rest.split_once('/')?;
    match room {
        "videos" => id.parse().ok().map(ObjectOwner::Video),
        "images" => id.parse().ok().map(ObjectOwner::Image),
        "movies" => id.parse().ok().map(ObjectOwner::Movie),
        _ => None,
    }
}

/// The prefix of everything that the owner has.
#[must_use]
pub fn prefix_of(owner: ObjectOwner) -> String {
    match owner {
        ObjectOwner::Video(video) => video_prefix(video),
        ObjectOwner::Image(image) => image_prefix(image),
        ObjectOwner::Cache(batch) => cached(batch),
        ObjectOwner::Movie(movie) => movie_prefix(movie),
    }
}

/// The prefix of everything that the owner has in a batch.
#[must_use]
pub fn batch_prefix(owner: ObjectOwner, batch: BatchId) -> String {
    match owner {
        ObjectOwner::Cache(_) => cached(batch),
        owner => format!("{}{batch}/", prefix_of(owner)),
    }
}

/// The batch that the object was stored with; `None` for what does not come in batches.
#[must_use]
pub fn batch_of(key: &str) -> Option<BatchId> {
    let mut parts = key.split('/');
    match (parts.next()?, parts.next()?, parts.next()) {
        ("cache", batch, None) => batch.parse().ok(),
        ("images" | "movies", _, Some(batch)) => parts.next().and(batch.parse().ok()),
        _ => None,
    }
}

/// Whether the key lies where objects of ours do, whatever it names there.
#[must_use]
pub fn is_in_our_rooms(key: &str) -> bool {
    ROOMS.iter().any(|room| key.starts_with(room))
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
    fn captions_lie_beside_the_generations_that_name_them() {
        let (video, file) = (VideoId::generate(), CaptionsId::generate());
        let captions = captions(video, "en", file);
        assert_eq!((video_of(&captions), generation_of(&captions)), (Some(video), None));
        let name = captions_file(&captions).unwrap_or_default();
        assert_eq!(name, format!("en-{file}.vtt"));
        assert_eq!(named(&generation_prefix(video, 2), &format!("../captions/{name}")), captions);
        let inside = named(&generation_prefix(video, 2), "subtitles/0.vtt");
        assert_eq!(inside, format!("{}subtitles/0.vtt", generation_prefix(video, 2)));
        assert_eq!([captions_file(&inside), captions_file(&source(video))], [None, None]);
    }

    #[test]
    fn a_key_tells_its_owner_and_its_batch() {
        let (image, movie, batch) = (ImageId::generate(), MovieId::generate(), BatchId::generate());
        let video = VideoId::generate();
        let variant = image_variant(image, batch, "large.webp");
        let known = [
            (source(video), ObjectOwner::Video(video), None),
            (image_source(image), ObjectOwner::Image(image), None),
            (variant, ObjectOwner::Image(image), Some(batch)),
            (cached(batch), ObjectOwner::Cache(batch), Some(batch)),
            (of_episode(movie, batch, "preview.webm"), ObjectOwner::Movie(movie), Some(batch)),
        ];
        for (key, owner, batch) in known {
            assert_eq!((owner_of(&key), batch_of(&key)), (Some(owner), batch), "{key}");
            assert!(key.starts_with(&prefix_of(owner)) && is_in_our_rooms(&key), "{key}");
            assert!(batch.is_none_or(|batch| key.starts_with(&batch_prefix(owner, batch))), "{key}");
        }
        assert_eq!(image_of_source(&image_source(image)), Some(image));
        let beside = format!("{}s", image_source(image));
        for foreign in ["", "cache/", "cache/x", "images/x/source", "music/1", &format!("cache/{batch}/x")] {
            assert_eq!(owner_of(foreign), None, "{foreign}");
        }
        assert_eq!(image_of_source(&beside), None);
    }

    #[test]
    fn a_key_tells_its_generation_and_the_source_has_none() {
        let video = VideoId::generate();
        assert_eq!(generation_of(&format!("{}v720/seg_000.m4s", generation_prefix(video, 12))), Some(12));
        assert_eq!(generation_of(&source(video)), None);
        assert_eq!(generation_of("videos/x/gx/y"), None);
    }
}
