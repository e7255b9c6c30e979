//! Fractions: frame rates such as 30000/1001 and the shape of pixels such as 64:45.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A positive fraction. In JSON it is the text `30000/1001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rate {
    /// Above the line.
    pub numerator: u32,
    /// Below the line, not 0.
    pub denominator: u32,
}

/// A text that is no positive fraction.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a positive fraction: {0}")]
pub struct InvalidRate(String);

impl Rate {
    /// The fraction `numerator / 1`.
    #[must_use]
    pub const fn whole(numerator: u32) -> Self {
        Self { numerator, denominator: 1 }
    }

    /// The nearest floating-point number.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// Half of it, exactly.
    #[must_use]
    pub fn halved(self) -> Self {
        if self.numerator.is_multiple_of(2) {
            Self { numerator: self.numerator / 2, ..self }
        } else {
            Self { denominator: self.denominator.saturating_mul(2), ..self }
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    /// Reads `30`, `30000/1001` and `64:45`.
    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (numerator, denominator) = text.split_once(['/', ':']).unwrap_or((text, "1"));
        match (numerator.parse(), denominator.parse()) {
            (Ok(numerator @ 1..), Ok(denominator @ 1..)) => Ok(Self { numerator, denominator }),
            _ => Err(InvalidRate(text.to_owned())),
        }
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

impl TryFrom<String> for Rate {
    type Error = InvalidRate;

    fn try_from(text: String) -> Result<Self, InvalidRate> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_survive_their_text_form_and_zero_is_none() {
        assert_eq!("64:45".parse(), Ok(Rate { numerator: 64, denominator: 45 }));
        assert_eq!("30000/1001".parse::<Rate>().map(|rate| rate.to_string()), Ok("30000/1001".to_owned()));
        assert_eq!("24/1".parse::<Rate>().map(|rate| rate.to_string()), Ok("24".to_owned()));
        for text in ["0/0", "0/1", "1/0", "N/A", "-1", ""] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
