//! Words that come with the file.

use crate::package::{SubtitleKind, subtitle_name};
use crate::probe::SubtitleStream;

/// A file of words to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtitlePlan {
    /// Index of the stream in the file.
    pub stream: u32,
    /// Language tag.
    pub language: String,
    /// Name for people.
    pub name: String,
    /// What the words are for.
    pub kind: SubtitleKind,
    /// Whether players are to show them by themselves.
    pub is_default: bool,
    /// Whether they hold only what everybody needs.
    pub is_forced: bool,
}

impl SubtitlePlan {
    pub(super) fn of(stream: &SubtitleStream) -> Self {
        Self {
            stream: stream.index,
            language: stream.language.to_string(),
            name: subtitle_name(stream.title.as_deref(), &stream.language),
            kind: if stream.is_captions { SubtitleKind::Captions } else { SubtitleKind::Subtitles },
            is_default: stream.is_default,
            is_forced: stream.is_forced,
        }
    }
}
