//! How loud sound is made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The loudness over a whole programme in LUFS (EBU R 128), -70 to -5. As text `-16` or `-16 LUFS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub struct Loudness(i8);

/// A text or number that is no loudness.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is no loudness; write whole LUFS from -70 to -5, such as -16")]
pub struct InvalidLoudness(String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Lufs(i64),
    Text(String),
}

impl Loudness {
    /// What streaming services ask for.
    pub const USUAL: Self = Self(-16);

    /// From whole LUFS.
    ///
    /// # Errors
    /// When it is beyond what the filter can do.
    pub fn new(lufs: i64) -> Result<Self, InvalidLoudness> {
        let invalid = || InvalidLoudness(lufs.to_string());
        i8::try_from(lufs).ok().filter(|lufs| (-70..=-5).contains(lufs)).map(Self).ok_or_else(invalid)
    }
}

impl FromStr for Loudness {
    type Err = InvalidLoudness;

    fn from_str(text: &str) -> Result<Self, InvalidLoudness> {
        let number = text.strip_suffix("LUFS").map_or(text, str::trim_end);
        number.parse().map_err(|_| InvalidLoudness(text.to_owned())).and_then(Self::new)
    }
}

impl TryFrom<Written> for Loudness {
    type Error = InvalidLoudness;

    fn try_from(written: Written) -> Result<Self, InvalidLoudness> {
        match written {
            Written::Lufs(lufs) => Self::new(lufs),
            Written::Text(text) => text.parse(),
        }
    }
}

impl From<Loudness> for String {
    fn from(loudness: Loudness) -> Self {
        loudness.to_string()
    }
}

impl fmt::Display for Loudness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loudness_is_a_number_of_lufs_within_what_the_filter_can_do() {
        for (text, lufs) in [("-16", -16), ("-23 LUFS", -23), ("-70", -70), ("-5", -5), ("-14LUFS", -14)] {
            assert_eq!(text.parse(), Loudness::new(lufs), "{text}");
        }
        for text in ["", "loud", "16", "-4", "-71", "-16.5", "-16:TP=9", "-1e9", "LUFS"] {
            assert!(text.parse::<Loudness>().is_err(), "{text}");
        }
        let read = |json| serde_json::from_str::<Loudness>(json).expect(json);
        assert_eq!(read("-16"), read("\"-16\""));
        assert!(serde_json::from_str::<Loudness>("-999999999999").is_err());
    }
}
