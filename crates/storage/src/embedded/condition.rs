//! If-Match and its relatives: whether a read or a write may happen.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::answer::http_date;
use super::record::ObjectRecord;

/// What a write demands of the object that is there now.
#[derive(Debug, Default)]
pub(super) struct WriteCondition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl WriteCondition {
    /// The condition in a header, `None` without the header. Errors: a header that is none.
    pub(super) fn from_header(headers: &HeaderMap, name: &HeaderName) -> S3Result<Option<ETagCondition>> {
        let Some(value) = headers.get(name) else { return Ok(None) };
        let parsed = ETagCondition::parse_http_header(value.as_bytes());
        parsed.map(Some).map_err(|_| s3_error!(InvalidArgument, "{name} is * or one ETag"))
    }

    /// Errors: 412 when the condition does not hold; 404 for If-Match without an object, as AWS answers.
    pub(super) fn check(&self, current: Option<&ObjectRecord>) -> S3Result<()> {
        if let Some(condition) = &self.if_match {
            let Some(current) = current else {
                return Err(S3ErrorCode::NoSuchKey.into());
            };
            if !matches_strongly(condition, &current.etag) {
                return Err(s3_error!(PreconditionFailed, "If-Match does not hold"));
            }
        }
        match (&self.if_none_match, current) {
            (Some(condition), Some(current)) if matches_weakly(condition, &current.etag) => {
                Err(s3_error!(PreconditionFailed, "If-None-Match does not hold"))
            }
            _ => Ok(()),
        }
    }
}

/// What a read demands, in the order of RFC 9110 section 13.2.2.
#[derive(Debug, Default)]
pub(super) struct ReadCondition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<s3s::dto::Timestamp>,
    pub(super) if_unmodified_since: Option<s3s::dto::Timestamp>,
}

impl ReadCondition {
    /// Errors: 412, or 304 with the ETag.
    pub(super) fn check(&self, object: &ObjectRecord) -> S3Result<()> {
        let modified_s = object.modified_ms.div_euclid(1000);
        let may_read = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => matches_strongly(condition, &object.etag),
            (None, Some(since)) => modified_s <= unix_seconds(since),
            (None, None) => true,
        };
        if !may_read {
            return Err(s3_error!(PreconditionFailed, "the object is not the one asked for"));
        }
        let is_known = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => matches_weakly(condition, &object.etag),
            (None, Some(since)) => modified_s <= unix_seconds(since),
            (None, None) => false,
        };
        if is_known { Err(not_modified(object)) } else { Ok(()) }
    }
}

/// Whether a range may be served: If-Range names this very object, or is absent (RFC 9110 section 13.1.5).
pub(super) fn range_is_for(object: &ObjectRecord, headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::IF_RANGE) else {
        return true;
    };
    value.as_bytes() == format!("\"{}\"", object.etag).as_bytes()
        || http_date(object.modified_ms).is_some_and(|date| date == *value)
}

fn matches_strongly(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.as_strong() == Some(etag),
    }
}

fn matches_weakly(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.weak_cmp(&ETag::Strong(etag.to_owned())),
    }
}

// The S3 layer's time gives its number only as text; what cannot be written counts as "long ago".
fn unix_seconds(time: &s3s::dto::Timestamp) -> i64 {
    let mut text = Vec::new();
    let written = time.format(s3s::dto::TimestampFormat::EpochSeconds, &mut text);
    let whole = text.split(|&byte| byte == b'.').next().and_then(|digits| std::str::from_utf8(digits).ok());
    written.ok().and(whole).and_then(|digits| digits.parse().ok()).unwrap_or(i64::MIN)
}

fn not_modified(object: &ObjectRecord) -> S3Error {
    let mut answer = S3Error::new(S3ErrorCode::NotModified);
    let mut headers = HeaderMap::new();
    let mut add =
        |name: HeaderName, value: Option<HeaderValue>| value.map(|value| headers.insert(name, value));
    add(header::ETAG, HeaderValue::try_from(format!("\"{}\"", object.etag)).ok());
    add(header::LAST_MODIFIED, http_date(object.modified_ms));
    add(header::CACHE_CONTROL, object.headers.cache_control.as_deref().and_then(|text| text.parse().ok()));
    answer.set_headers(headers);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::record::Headers;

    fn object() -> ObjectRecord {
        ObjectRecord {
            key: "k".into(),
            etag: "abc".into(),
            size: 1,
            modified_ms: 1_700_000_000_500,
            blob: "b".into(),
            parts: Vec::new(),
            headers: Headers::default(),
        }
    }

    fn etag(text: &str) -> Option<ETagCondition> {
        Some(ETagCondition::ETag(ETag::Strong(text.into())))
    }

    fn code(result: S3Result<()>) -> Option<S3ErrorCode> {
        result.err().map(|error| error.code().clone())
    }

    #[test]
    fn a_write_checks_both_conditions_against_the_present_object() {
        let none = WriteCondition { if_none_match: Some(ETagCondition::Any), ..WriteCondition::default() };
        assert_eq!(code(none.check(None)), None);
        assert_eq!(code(none.check(Some(&object()))), Some(S3ErrorCode::PreconditionFailed));
        let same = WriteCondition { if_match: etag("abc"), ..WriteCondition::default() };
        assert_eq!(code(same.check(Some(&object()))), None);
        assert_eq!(code(same.check(None)), Some(S3ErrorCode::NoSuchKey));
        let other = WriteCondition { if_match: etag("abd"), ..WriteCondition::default() };
        assert_eq!(code(other.check(Some(&object()))), Some(S3ErrorCode::PreconditionFailed));
    }

    #[test]
    fn a_date_is_compared_in_whole_seconds_and_yields_to_an_etag() {
        let since = |seconds: u64| {
            Some(s3s::dto::Timestamp::from(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)))
        };
        let modified = ReadCondition { if_modified_since: since(1_700_000_000), ..ReadCondition::default() };
        assert_eq!(code(modified.check(&object())), Some(S3ErrorCode::NotModified));
        let earlier = ReadCondition { if_modified_since: since(1_699_999_999), ..ReadCondition::default() };
        assert_eq!(code(earlier.check(&object())), None);
        let etag_first = ReadCondition {
            if_none_match: etag("other"),
            if_modified_since: since(1_700_000_000),
            ..ReadCondition::default()
        };
        assert_eq!(code(etag_first.check(&object())), None);
    }
}
