//! Media types as clients announce them, and patterns of those that are accepted.

use std::str::FromStr;

use serde::Deserialize;

const MAX_BYTES: usize = 100;

/// `video/mp4`, or `video/*` for every type of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MediaTypePattern {
    kind: String,
    /// `None` for `*`.
    subtype: Option<String>,
}

/// A text that is no pattern of media types.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no media type like video/mp4 or video/*")]
pub struct InvalidPattern(String);

impl MediaTypePattern {
    /// Whether a media type, as [`essence`] gives it, is one of these.
    pub(super) fn covers(&self, media_type: &str) -> bool {
        let (kind, subtype) = media_type.split_once('/').unwrap_or_default();
        self.kind == kind && self.subtype.as_ref().is_none_or(|own| own == subtype)
    }
}

impl FromStr for MediaTypePattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let lowercase = text.trim().to_ascii_lowercase();
        let parts = lowercase.split_once('/').filter(|(kind, subtype)| {
            lowercase.len() <= MAX_BYTES && is_token(kind) && (*subtype == "*" || is_token(subtype))
        });
        let (kind, subtype) = parts.ok_or_else(|| InvalidPattern(text.to_owned()))?;
        Ok(Self { kind: kind.to_owned(), subtype: (subtype != "*").then(|| subtype.to_owned()) })
    }
}

impl TryFrom<String> for MediaTypePattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        text.parse()
    }
}

impl std::fmt::Display for MediaTypePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.subtype.as_deref().unwrap_or("*"))
    }
}

/// The media type without its parameters, lowercase; `None` when it is none.
pub(super) fn essence(text: &str) -> Option<String> {
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    (essence.len() <= MAX_BYTES && is_token(kind) && is_token(subtype)).then_some(essence)
}

/// The characters of RFC 6838, section 4.2.
fn is_token(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_its_type_or_its_whole_kind_and_no_more() {
        let covers = |pattern: &str, media_type: &str| {
            pattern.parse::<MediaTypePattern>().unwrap().covers(&essence(media_type).unwrap())
        };
        assert!(covers("video/*", "video/x-matroska"));
        assert!(covers(" Video/MP4 ", "video/mp4; codecs=avc1"));
        assert!(!covers("video/mp4", "video/mp42"));
        assert!(!covers("video/*", "audio/mp4"));
    }

    #[test]
    fn what_is_no_media_type_is_no_pattern() {
        for text in
            ["", "video", "video/", "/mp4", "*/*", "*", "video/mp4, audio/*", "video/m p4", "video/*/x"]
        {
            assert!(text.parse::<MediaTypePattern>().is_err(), "{text:?}");
        }
    }
}
