//! Ids: UUID version 7, so that they sort by time of creation, shown as 36 lowercase characters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the kind asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a {kind} id: expected a UUID of 36 characters")]
pub struct InvalidId {
    /// What the id would have named, such as `video` or `upload`.
    pub kind: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, greater than every id made before it in this process.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            // Only the hyphenated form: one id has one spelling in addresses, keys and rows.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let parsed = Uuid::try_parse(text).ok().filter(|id| id.as_hyphenated().to_string() == text);
                parsed.map(Self).ok_or(InvalidId { kind: $kind })
            }
        }
    };
}

id!(
    /// Names a video.
    VideoId,
    "video"
);
id!(
    /// Names an upload session.
    UploadId,
    "upload"
);
id!(
    /// Names a file of captions.
    CaptionsId,
    "captions"
);
id!(
    /// Names an image.
    ImageId,
    "image"
);
id!(
    /// Names a file of somebody else's server in the media cache.
    CacheAssetId,
    "cache asset"
);
id!(
    /// Names a movie.
    MovieId,
    "movie"
);
id!(
    /// Names an episode of a movie.
    EpisodeId,
    "episode"
);
id!(
    /// Names the objects that one run has stored, all at once or none.
    BatchId,
    "batch"
);
id!(
    /// Names the worker on one data folder.
    WorkerId,
    "worker"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_creation_and_survive_their_text_form() {
        let (first, second) = (VideoId::generate(), VideoId::generate());
        assert!(first < second);
        assert_eq!(first.to_string().parse(), Ok(first));
    }

    #[test]
    fn other_spellings_of_an_id_are_refused() {
        let id = VideoId::generate().to_string();
        for text in
            [String::new(), id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("{id} ")]
        {
            assert_eq!(text.parse::<VideoId>(), Err(InvalidId { kind: "video" }), "{text}");
        }
    }
}
