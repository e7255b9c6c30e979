//! Taking up a file again where the connection broke, if it is still the same file.

use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::fmt::rfc2822;
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Waits before the tries of one break: the line may be back at once.
const WAITS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// A date of change is worth nothing when the file may have been changed twice in the same second (RFC 9110, 8.8.2.2).
const SETTLED_S: i64 = 1;

/// What tells one state of a file from another: a strong `ETag`, or a `Last-Modified` that has settled.
#[derive(Debug, Clone)]
pub(crate) struct Validator {
    name: HeaderName,
    value: HeaderValue,
}

impl Validator {
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let etag = headers.get(header::ETAG).filter(|etag| etag.as_bytes().starts_with(b"\""));
        if let Some(etag) = etag {
            return Some(Self { name: header::ETAG, value: etag.clone() });
        }
        let date = settled_date(headers)?.clone();
        Some(Self { name: header::LAST_MODIFIED, value: date })
    }

    /// Whether an answer is about the same state. Servers that do not know `If-Range` send a piece of whatever there is.
    fn is_of(&self, headers: &HeaderMap) -> bool {
        headers.get(&self.name) == Some(&self.value)
    }
}

fn settled_date(headers: &HeaderMap) -> Option<&HeaderValue> {
    let second = |name| Some(rfc2822::parse(headers.get(name)?.to_str().ok()?).ok()?.timestamp().as_second());
    let is_settled = second(header::DATE)? - second(header::LAST_MODIFIED)? >= SETTLED_S;
    headers.get(header::LAST_MODIFIED).filter(|_| is_settled)
}

/// A file of which some bytes are here.
#[derive(Debug)]
pub(crate) struct Broken<'a> {
    pub(crate) client: &'a Client,
    pub(crate) url: &'a Url,
    pub(crate) validator: &'a Validator,
    pub(crate) received: u64,
    /// Of the whole file, if it is known.
    pub(crate) length: Option<u64>,
}

/// How a file goes on.
#[derive(Debug)]
pub(crate) struct Rest {
    pub(crate) answer: Response,
    /// Of the whole file.
    pub(crate) length: u64,
}

impl Broken<'_> {
    /// The rest; `None` when the file has changed, cannot be had in pieces, or the server stays away.
    pub(crate) async fn resume(&self, patience: Duration, deadline: Instant) -> Option<Rest> {
        let mut asked_for = Duration::ZERO;
        for wait in WAITS {
            let wait = wait.max(asked_for);
            if Instant::now() + wait >= deadline {
                return None;
            }
            tokio::time::sleep(wait).await;
            let request = self
                .client
                .get(self.url.clone())
                .header(header::ACCEPT_ENCODING, "identity")
                .header(header::RANGE, format!("bytes={}-", self.received))
                .header(header::IF_RANGE, self.validator.value.clone());
            let Ok(Ok(answer)) = timeout_at(deadline.min(Instant::now() + patience), request.send()).await
            else {
                continue;
            };
            if !is_busy(answer.status()) {
                let length = self.length_told(&answer)?;
                return Some(Rest { answer, length });
            }
            asked_for = seconds_asked_for(&answer);
        }
        None
    }

    /// The length of the whole, if the answer holds what comes next.
    fn length_told(&self, answer: &Response) -> Option<u64> {
        let range = answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
        let (start, total) = parse(range)?;
        let is_next = answer.status() == StatusCode::PARTIAL_CONTENT && start == self.received;
        let is_same = self.validator.is_of(answer.headers());
        let length = total.or(self.length)?;
        (is_next && is_same && self.length.is_none_or(|known| known == length)).then_some(length)
    }
}

fn is_busy(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// What `Retry-After` says in seconds; whoever names a date is asked again as if nothing had been said.
fn seconds_asked_for(answer: &Response) -> Duration {
    let text = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    Duration::from_secs(text.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
}

/// The first byte and the length of the whole, `bytes 10-19/20`; the length may be `*`.
fn parse(range: &str) -> Option<(u64, Option<u64>)> {
    let (bytes, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = bytes.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((start.parse().ok()?, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_nonsense_is_not() {
        assert_eq!(parse("bytes 10-19/20"), Some((10, Some(20))));
        assert_eq!(parse("bytes 10-19/*"), Some((10, None)));
        for wrong in ["", "bytes */20", "bytes 10-19", "bytes -1-2/3", "items 1-2/3", "bytes 1-2/x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_what_names_one_state_of_a_file_validates_it() {
        let validator = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            Validator::of(&headers.collect()).map(|validator| validator.value)
        };
        let (date, changed) = ("Tue, 03 Nov 2026 12:01:30 GMT", "Tue, 03 Nov 2026 12:01:29 GMT");
        assert_eq!(validator(&[(header::ETAG, "\"a\"")]).unwrap(), "\"a\"");
        assert_eq!(validator(&[(header::ETAG, "W/\"a\"")]), None);
        let dated = [(header::ETAG, "W/\"a\""), (header::DATE, date), (header::LAST_MODIFIED, changed)];
        assert_eq!(validator(&dated).unwrap(), changed);
        assert_eq!(validator(&[(header::DATE, date), (header::LAST_MODIFIED, date)]), None);
        assert_eq!(validator(&[(header::LAST_MODIFIED, changed)]), None);
    }
}
