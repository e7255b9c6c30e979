//! Bitrates as people and ffmpeg write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A bitrate in whole kbit/s. As text `128k`, `2.5M` or bits such as `128000`; a plain number is kbit/s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub struct Bitrate(pub u32);

/// A text that is no bitrate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} is no bitrate; write kilobits as 128k or megabits as 2.5M")]
pub struct InvalidBitrate(String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Kbps(u32),
    Text(String),
}

impl FromStr for Bitrate {
    type Err = InvalidBitrate;

    fn from_str(text: &str) -> Result<Self, InvalidBitrate> {
        let invalid = || InvalidBitrate(text.to_owned());
        let (number, kilobits) = match text.strip_suffix(['k', 'K']).map(|number| (number, 1.0)) {
            Some(kilobits) => kilobits,
            None => match text.strip_suffix('M') {
                Some(number) => (number, 1000.0),
                None => (text, 0.001),
            },
        };
        let kbps = number.parse::<f64>().map_err(|_| invalid())? * kilobits;
        // Checked to be a positive number far below the limit.
        if (1.0..=1_000_000.0).contains(&kbps) { Ok(Self(kbps.round() as u32)) } else { Err(invalid()) }
    }
}

impl TryFrom<Written> for Bitrate {
    type Error = InvalidBitrate;

    fn try_from(written: Written) -> Result<Self, InvalidBitrate> {
        match written {
            Written::Kbps(kbps) => Ok(Self(kbps)),
            Written::Text(text) => text.parse(),
        }
    }
}

impl From<Bitrate> for String {
    fn from(bitrate: Bitrate) -> Self {
        bitrate.to_string()
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}k", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitrates_are_read_as_ffmpeg_reads_them() {
        for (text, kbps) in [("2000k", 2000), ("128K", 128), ("2.5M", 2500), ("128000", 128), ("1k", 1)] {
            assert_eq!(text.parse(), Ok(Bitrate(kbps)), "{text}");
        }
        for text in ["", "k", "0k", "-5k", "fast", "NaN", "infM", "1e99", "128kb", "9999999M"] {
            assert!(text.parse::<Bitrate>().is_err(), "{text}");
        }
        let read = |json| serde_json::from_str::<Bitrate>(json).expect(json);
        assert_eq!((read("\"96k\""), read("96")), (Bitrate(96), Bitrate(96)));
        assert_eq!(serde_json::to_string(&Bitrate(96)).expect("json"), "\"96k\"");
    }
}
