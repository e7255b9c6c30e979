//! Whom an object in storage belongs to.

use std::fmt;
use std::str::FromStr;

use crate::id::{BatchId, ImageId, MovieId, VideoId};

/// What an object is there for, and goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectOwner {
    /// A video: its source, its outputs, its captions.
    Video(VideoId),
    /// An image: its source and its variants.
    Image(ImageId),
    /// The media cache: one file, which several assets may share.
    Cache(BatchId),
    /// A movie: pictures and previews of its episodes.
    Movie(MovieId),
}

/// A stored owner that this version does not know.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown owner: {0}")]
pub struct UnknownOwner(pub String);

impl From<VideoId> for ObjectOwner {
    fn from(video: VideoId) -> Self {
        Self::Video(video)
    }
}

impl From<ImageId> for ObjectOwner {
    fn from(image: ImageId) -> Self {
        Self::Image(image)
    }
}

impl From<MovieId> for ObjectOwner {
    fn from(movie: MovieId) -> Self {
        Self::Movie(movie)
    }
}

impl fmt::Display for ObjectOwner {
    /// Videos were the first: their rows hold the id alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Video(video) => video.fmt(f),
            Self::Image(image) => write!(f, "image:{image}"),
            Self::Cache(batch) => write!(f, "cache:{batch}"),
            Self::Movie(movie) => write!(f, "movie:{movie}"),
        }
    }
}

impl FromStr for ObjectOwner {
    type Err = UnknownOwner;

    fn from_str(text: &str) -> Result<Self, UnknownOwner> {
        let known = match text.split_once(':') {
            None => text.parse().ok().map(Self::Video),
            Some(("image", id)) => id.parse().ok().map(Self::Image),
            Some(("cache", id)) => id.parse().ok().map(Self::Cache),
            Some(("movie", id)) => id.parse().ok().map(Self::Movie),
            Some(_) => None,
        };
        known.ok_or_else(|| UnknownOwner(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_survives_its_text_form() {
        let owners = [
            VideoId::generate().into(),
            ImageId::generate().into(),
            ObjectOwner::Cache(BatchId::generate()),
            MovieId::generate().into(),
        ];
        for owner in owners {
            assert_eq!(owner.to_string().parse(), Ok(owner));
        }
        for unknown in ["", "image:", "image:1", "album:1", ":"] {
            assert!(unknown.parse::<ObjectOwner>().is_err(), "{unknown}");
        }
    }
}
