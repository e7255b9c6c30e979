//! A presigned address and its end.

use std::sync::Arc;

use jiff::Timestamp;

use super::LEAST_LIFE;

/// The most that an address has: a key of 1024 bytes, each encoded, a host, and the signature.
const MAX_URL_BYTES: usize = 8 * 1024;

/// A presigned address. Whoever has it may read the object: never log it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedUrl {
    /// The address.
    pub url: Arc<str>,
    /// When storage begins to refuse it.
    pub expires_at: Timestamp,
}

impl PresignedUrl {
    /// Whether it may still be given out at `now`.
    pub(super) fn lives_long_enough(&self, now: Timestamp) -> bool {
        self.expires_at >= now + LEAST_LIFE
    }

    /// As one line of text, for other processes.
    pub(super) fn to_line(&self) -> String {
        format!("{} {}", self.expires_at.as_second(), self.url)
    }

    /// Reads a line; `None` for anything but an address of the same object that could have been signed by now.
    /// What others have stored is not trusted to point anywhere else.
    pub(super) fn from_line(line: &str, ours: &Self) -> Option<Self> {
        let (expires_at, url) = line.split_once(' ').filter(|_| line.len() <= MAX_URL_BYTES)?;
        let expires_at = Timestamp::from_second(expires_at.parse().ok()?).ok()?;
        let object = |url: &str| url.split_once('?').map(|(object, _)| object.to_owned());
        let is_same = object(url) == object(&ours.url) && expires_at <= ours.expires_at;
        is_same.then(|| Self { url: url.into(), expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64, url: &str) -> PresignedUrl {
        PresignedUrl { url: url.into(), expires_at: Timestamp::from_second(second).unwrap() }
    }

    #[test]
    fn a_line_gives_the_address_back() {
        let (theirs, ours) = (at(7200, "https://s3.example/b/k?X=1"), at(7300, "https://s3.example/b/k?X=2"));
        assert_eq!(PresignedUrl::from_line(&theirs.to_line(), &ours), Some(theirs));
    }

    #[test]
    fn a_line_about_something_else_is_no_address() {
        let ours = at(7300, "https://s3.example/b/k?X=2");
        for line in [
            "",
            "7200",
            "7200 ",
            "x https://s3.example/b/k?X=1",
            "7200 https://evil.example/b/k?X=1",
            "7200 https://s3.example/b/other?X=1",
            "7200 https://s3.example/b/k",
            "7301 https://s3.example/b/k?X=1",
            &format!("7200 https://s3.example/b/k?{}", "x".repeat(MAX_URL_BYTES)),
        ] {
            assert_eq!(PresignedUrl::from_line(line, &ours), None, "{line}");
        }
    }

    #[test]
    fn an_address_is_given_out_while_half_an_hour_is_left() {
        let found = at(3600, "https://s3.example/b/k?X=1");
        assert!(found.lives_long_enough(Timestamp::from_second(1800).unwrap()));
        assert!(!found.lives_long_enough(Timestamp::from_second(1801).unwrap()));
    }
}
