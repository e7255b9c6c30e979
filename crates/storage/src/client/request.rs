//! Sending: every request is signed anew for every try, watched by a timeout, and repeated where that is safe.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use reqwest::{Body, Response};
use rusty_s3::{Method, S3Action};
use tracing::debug;
use url::Url;

use super::retry::{self, Failure, Repeat};
use super::{ObjectStore, xml};
use crate::error::StoreError;

/// The life of a signature made for one try.
const SIGNATURE_LIFE: Duration = Duration::from_secs(300);

/// The longest wait for the answer to a request without a body of its own.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// An error answer is a few hundred bytes; what is longer is not one.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// XML answers: a page of 1000 keys of 1024 encoded bytes each stays below this.
const MAX_XML_BYTES: usize = 8 * 1024 * 1024;

/// What is being done to which key, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) operation: &'static str,
    pub(super) key: &'a str,
}

/// One request as it is sent in every try.
pub(super) struct Call<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) repeat: Repeat,
    /// How long the answer's head may take, the sending of the body included.
    pub(super) timeout: Duration,
    pub(super) headers: HeaderMap,
}

impl<'a> Call<'a> {
    /// A harmless request without a body.
    pub(super) fn new(operation: &'static str, key: &'a str) -> Self {
        let subject = Subject { operation, key };
        Self { subject, repeat: Repeat::Harmless, timeout: ANSWER_TIMEOUT, headers: HeaderMap::new() }
    }
}

/// A method and an address signed for now.
pub(super) struct Signed {
    method: http::Method,
    url: Url,
}

impl Signed {
    /// Signs one of rusty-s3's actions.
    pub(super) fn action<'a, A: S3Action<'a>>(action: &A, now: Timestamp) -> Self {
        Self::new(A::METHOD, action.sign_with_time(SIGNATURE_LIFE, &now))
    }

    /// An address that was signed by hand.
    pub(super) fn new(method: Method, url: Url) -> Self {
        let method = match method {
            Method::Head => http::Method::HEAD,
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Delete => http::Method::DELETE,
        };
        Self { method, url }
    }
}

/// How long a signature made by hand lives, in seconds.
pub(super) const SIGNATURE_LIFE_SECONDS: u64 = SIGNATURE_LIFE.as_secs();

impl ObjectStore {
    /// Sends until an answer with a 2xx status comes, or repeating is unsafe or useless.
    /// `sign` and `body` are called once a try.
    pub(super) async fn send<B: Future<Output = Result<Body, StoreError>>>(
        &self,
        call: &Call<'_>,
        sign: impl Fn(Timestamp) -> Signed,
        body: impl Fn() -> B,
    ) -> Result<Response, StoreError> {
        let mut tries_made = 0;
        loop {
            let signed = sign(self.inner.clock.now());
            let request = self
                .inner
                .http
                .request(signed.method, signed.url)
                .headers(call.headers.clone())
                .body(body().await?);
            tries_made += 1;
            let (failure, retry_after, error) = match tokio::time::timeout(call.timeout, request.send()).await
            {
                Ok(Ok(answer)) if answer.status().is_success() => return Ok(answer),
                Ok(Ok(answer)) => {
                    let retry_after = retry::parse_retry_after(answer.headers().get(header::RETRY_AFTER));
                    (Failure::Status(answer.status()), retry_after, refusal(call.subject, answer).await)
                }
                Ok(Err(error)) => (kind_of(&error), None, call.subject.unavailable(describe(error))),
                Err(_) => {
                    (Failure::Interrupted, None, call.subject.unavailable("no answer in time".to_owned()))
                }
            };
            // AWS says 400 RequestTimeout when a body has come too slowly.
            let may_pass = call.repeat == Repeat::Harmless && error.is_transient();
            if !may_pass && !failure.is_worth_repeating(call.repeat) {
                return Err(error);
            }
            let Some(wait) = retry::wait(tries_made, retry_after, random()) else {
                return Err(error);
            };
            debug!(%error, tries_made, "a storage request is sent again");
            self.pause(wait).await;
        }
    }

    /// Sends a request without a body.
    pub(super) async fn send_empty(
        &self,
        call: &Call<'_>,
        sign: impl Fn(Timestamp) -> Signed,
    ) -> Result<Response, StoreError> {
        self.send(call, sign, || async { Ok(Body::default()) }).await
    }

    /// Sends a request without a body and reads the XML of its answer.
    pub(super) async fn send_for_xml(
        &self,
        call: &Call<'_>,
        sign: impl Fn(Timestamp) -> Signed,
    ) -> Result<String, StoreError> {
        let mut tries_made = 0;
        loop {
            let answer = self.send_empty(call, &sign).await?;
            tries_made += 1;
            let error = match read_xml(call.subject, answer).await {
                Err(error) if error.is_transient() && call.repeat == Repeat::Harmless => error,
                read => return read,
            };
            // The head came and the body broke off.
            let Some(wait) = retry::wait(tries_made, None, random()) else { return Err(error) };
            debug!(%error, tries_made, "a storage request is sent again");
            self.pause(wait).await;
        }
    }

    /// Waits on the store's clock.
    pub(super) async fn pause(&self, wait: Duration) {
        let clock = &self.inner.clock;
        clock.sleep_until(clock.now() + wait).await;
    }
}

/// Reads the whole body of an XML answer.
pub(super) async fn read_xml(subject: Subject<'_>, answer: Response) -> Result<String, StoreError> {
    let bytes = read_limited(subject, answer, MAX_XML_BYTES).await?;
    String::from_utf8(bytes).map_err(|_| subject.unavailable("the answer is not text".to_owned()))
}

/// Reads at most `max_bytes` of a body; more is an error, and so is silence.
async fn read_limited(
    subject: Subject<'_>,
    mut answer: Response,
    max_bytes: usize,
) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    loop {
        let chunk = tokio::time::timeout(ANSWER_TIMEOUT, answer.chunk()).await;
        let chunk = chunk.map_err(|_| subject.unavailable("the answer stopped".to_owned()))?;
        let Some(chunk) = chunk.map_err(|error| subject.unavailable(describe(error)))? else {
            return Ok(bytes);
        };
        bytes.extend_from_slice(&chunk);
        if bytes.len() > max_bytes {
            return Err(subject.unavailable("the answer is too long to be one".to_owned()));
        }
    }
}

async fn refusal(subject: Subject<'_>, answer: Response) -> StoreError {
    let status = answer.status();
    let body = read_limited(subject, answer, MAX_ERROR_BYTES).await.unwrap_or_default();
    let fields = xml::document(&String::from_utf8_lossy(&body)).map(|(_, fields)| fields).unwrap_or_default();
    subject.refused(status, &fields)
}

impl Subject<'_> {
    /// The error for a refusal, from its status and the fields of its XML.
    pub(super) fn refused(self, status: StatusCode, fields: &xml::Fields) -> StoreError {
        let (operation, key) = (self.operation, self.key.to_owned());
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let (code, detail) = (field("Code"), field("Message"));
        match (code.as_str(), status) {
            ("NoSuchUpload", _) => StoreError::Gone { operation, key },
            ("NoSuchBucket", _) => StoreError::NoBucket { operation, key },
            ("NoSuchKey", _) => StoreError::NotFound { operation, key },
            ("InvalidPart" | "InvalidPartOrder", _) => StoreError::InvalidPart { operation, key, detail },
            ("EntityTooSmall", _) => StoreError::TooSmall { operation, key },
            ("PreconditionFailed", _) | (_, StatusCode::PRECONDITION_FAILED) => {
                StoreError::Changed { operation, key }
            }
            ("InternalError" | "SlowDown" | "ServiceUnavailable" | "RequestTimeout", _) => {
                self.unavailable(code)
            }
            (_, StatusCode::NOT_FOUND) => StoreError::NotFound { operation, key },
            (_, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) => {
                StoreError::Denied { operation, key, code }
            }
            (_, StatusCode::TOO_MANY_REQUESTS) => self.unavailable("too many requests".to_owned()),
            (_, status) if status.is_server_error() => self.unavailable(format!("{status} {code}")),
            (_, status) => StoreError::Refused { operation, key, status: status.as_u16(), code, detail },
        }
    }

    /// The error for a storage that gives no usable answer.
    pub(super) fn unavailable(self, detail: String) -> StoreError {
        StoreError::Unavailable { operation: self.operation, key: self.key.to_owned(), detail }
    }
}

impl StoreError {
    /// Ceph says NoSuchKey where AWS says NoSuchUpload: about an upload, both mean that it is gone.
    pub(super) fn about_upload(self) -> Self {
        match self {
            Self::NotFound { operation, key } => Self::Gone { operation, key },
            other => other,
        }
    }
}

fn kind_of(error: &reqwest::Error) -> Failure {
    if error.is_connect() { Failure::Connect } else { Failure::Interrupted }
}

/// The causes of a network error, without the address: it carries a signature.
pub(super) fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Randomness for jitter; without it the full wait is taken.
pub(crate) fn random() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> StoreError {
        let fields = xml::Fields::from([("Code".to_owned(), code.to_owned())]);
        Subject { operation: "get", key: "k" }.refused(StatusCode::from_u16(status).unwrap(), &fields)
    }

    #[test]
    fn refusals_become_errors_that_a_caller_can_act_on() {
        assert!(matches!(refused(404, ""), StoreError::NotFound { .. }));
        assert!(matches!(refused(404, "NoSuchBucket"), StoreError::NoBucket { .. }));
        assert!(matches!(refused(404, "NoSuchUpload"), StoreError::Gone { .. }));
        assert!(matches!(refused(404, "NoSuchKey").about_upload(), StoreError::Gone { .. }));
        assert!(matches!(refused(412, ""), StoreError::Changed { .. }));
        assert!(matches!(refused(403, "SignatureDoesNotMatch"), StoreError::Denied { .. }));
        assert!(matches!(refused(400, "EntityTooSmall"), StoreError::TooSmall { .. }));
        assert!(matches!(refused(400, "InvalidArgument"), StoreError::Refused { status: 400, .. }));
        assert!(refused(503, "").is_transient() && refused(200, "InternalError").is_transient());
    }

    #[test]
    fn a_message_names_the_operation_and_the_key() {
        assert_eq!(refused(412, "").to_string(), "get k: the object has changed");
    }
}
