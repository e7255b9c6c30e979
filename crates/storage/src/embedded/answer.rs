//! The words of an answer: times, ETags and encoded keys.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{ETag, EncodingType, Timestamp, TimestampFormat};

/// Milliseconds since 1970 as the S3 layer's time.
pub(super) fn timestamp(unix_ms: i64) -> Timestamp {
    // The store writes no times before 1970.
    Timestamp::from(UNIX_EPOCH + Duration::from_millis(u64::try_from(unix_ms).unwrap_or(0)))
}

/// A time as in `Last-Modified`.
pub(super) fn http_date(unix_ms: i64) -> Option<HeaderValue> {
    let mut text = Vec::new();
    timestamp(unix_ms).format(TimestampFormat::HttpDate, &mut text).ok()?;
    HeaderValue::from_bytes(&text).ok()
}

/// A strong ETag; the S3 layer adds the quotes.
pub(super) fn etag(text: &str) -> ETag {
    ETag::Strong(text.to_owned())
}

/// A count or size as the S3 layer's signed number.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What `encoding-type=url` leaves as it is: letters, digits, `-._~` and the `/` that readers expect to see.
const URL_ENCODED: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A key for an XML list: percent-encoded when the client asked for it. Without it, a key that XML cannot hold
/// would spoil the whole list.
pub(super) fn listed(text: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(encoding) if encoding.as_str() == EncodingType::URL => url_encoded(text),
        _ => text.to_owned(),
    }
}

/// A key as the path of an address.
pub(super) fn url_encoded(text: &str) -> String {
    utf8_percent_encode(text, &URL_ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_key_is_encoded_only_when_asked() {
        let url = EncodingType::from_static(EncodingType::URL);
        assert_eq!(listed("a/ü b+\0", Some(&url)), "a/%C3%BC%20b%2B%00");
        assert_eq!(listed("a b", None), "a b");
    }

    #[test]
    fn a_date_is_written_as_http_wants_it() {
        assert_eq!(http_date(1_700_000_000_999).unwrap(), "Tue, 14 Nov 2023 22:13:20 GMT");
    }
}
