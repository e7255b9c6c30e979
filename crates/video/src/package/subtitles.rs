//! Words that come with a video: those of its file, and those that people have added.

use serde::{Deserialize, Serialize};

use super::StoredObject;
use crate::captions::Language;

/// Characters of a name at most.
pub const MAX_NAME_CHARS: usize = 100;

/// What the words are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubtitleKind {
    /// For those who do not understand what is said.
    #[default]
    Subtitles,
    /// For those who do not hear it: sounds are told, too.
    Captions,
}

impl SubtitleKind {
    /// The name in the manifest, the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subtitles => "subtitles",
            Self::Captions => "captions",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Subtitles, Self::Captions].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One WebVTT file for the whole video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubtitleRendition {
    /// The file. Its name ends in `.vtt` and may lie beside the generation: `../captions/en-3.vtt`.
    #[serde(flatten)]
    pub object: StoredObject,
    /// Language tag (BCP 47); `und` where nobody has said.
    pub language: String,
    /// Name for people; no other rendition has the same.
    pub name: String,
    /// What the words are for.
    pub kind: SubtitleKind,
    /// Whether it is shown unless the viewer says otherwise; at most one is.
    #[serde(rename = "default", default)]
    pub is_default: bool,
    /// Whether it holds only what everybody needs, such as the words of a foreign language.
    #[serde(rename = "forced", default)]
    pub is_forced: bool,
}

impl SubtitleRendition {
    /// The name of its HLS playlist relative to the manifest, made of the file's. Only in a package with relative names.
    #[must_use]
    pub fn playlist_name(&self) -> String {
        let name = self.object.url.strip_prefix("../").unwrap_or(&self.object.url);
        format!("{}.m3u8", name.strip_suffix(".vtt").unwrap_or(name))
    }

    /// An id that no other rendition of the package has, made of letters that XML allows in ids.
    pub(super) fn id(&self) -> String {
        let name = self.playlist_name();
        name.strip_suffix(".m3u8").unwrap_or(&name).replace('/', "-")
    }

    /// Bits per second, rounded up and never none: players sort by it.
    pub(super) fn bandwidth(&self, seconds: f64) -> u64 {
        // A file of a few megabytes over a duration that is not negative.
        ((self.object.bytes as f64 * 8.0 / seconds.max(1.0)).ceil() as u64).max(1)
    }
}

/// The renditions of a file with those that people have added: of each language theirs alone, which are shown by themselves
/// where the ones they replace were.
#[must_use]
pub fn with_given(extracted: &[SubtitleRendition], given: &[SubtitleRendition]) -> Vec<SubtitleRendition> {
    let is_given = |language: &str| given.iter().any(|rendition| rendition.language == language);
    let (replaced, kept): (Vec<_>, Vec<_>) =
        extracted.iter().partition(|rendition| is_given(&rendition.language));
    let was_default =
        |language: &str| replaced.iter().any(|it| it.is_default && !it.is_forced && it.language == language);
    let added = given.iter().map(|rendition| {
        let is_default = rendition.is_default || was_default(&rendition.language);
        SubtitleRendition { is_default, ..rendition.clone() }
    });
    told_apart(kept.into_iter().cloned().chain(added).collect())
}

/// Gives each a name of its own, and lets one be the default.
pub(crate) fn told_apart(renditions: Vec<SubtitleRendition>) -> Vec<SubtitleRendition> {
    let mut done: Vec<SubtitleRendition> = Vec::with_capacity(renditions.len());
    for rendition in renditions {
        let is_taken = |name: &str| done.iter().any(|other| other.name == name);
        let numbered = |number: usize| match number {
            1 => rendition.name.clone(),
            number => format!("{} ({number})", rendition.name),
        };
        let name = (1..).map(numbered).find(|name| !is_taken(name)).unwrap_or_default();
        let is_default = rendition.is_default && done.iter().all(|other| !other.is_default);
        done.push(SubtitleRendition { name, is_default, ..rendition });
    }
    done
}

/// A name for people that may stand in a playlist: what somebody wrote without what cannot be shown, else the language's.
#[must_use]
pub fn subtitle_name(wish: Option<&str>, language: &Language) -> String {
    let words: Vec<&str> = wish.unwrap_or_default().split_whitespace().collect();
    let shown: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME_CHARS)
        .collect::<String>()
        .replace('"', "'");
    if shown.is_empty() { language.name().to_owned() } else { shown }
}
