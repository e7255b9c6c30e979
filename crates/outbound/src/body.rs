//! The answer of somebody else's server, read piece by piece within its limits. Where the connection breaks, it is taken up
//! again.

use bytes::Bytes;
use http::header;
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::client::{CONNECT_TIMEOUT, Conditions, Limits, host_of};
use crate::error::OutboundError;
use crate::resume::{Broken, Rest, Validator};

/// Breaks of one file that are made good.
const MAX_BREAKS: u32 = 100;

/// Servers make ETags of some dozen bytes; longer ones are not worth keeping.
const MAX_CONDITION_BYTES: usize = 1024;

/// An answer whose body has not been read yet.
#[derive(Debug)]
pub struct Fetched {
    client: Client,
    url: Url,
    answer: Response,
    limits: Limits,
    deadline: Instant,
    length: Option<u64>,
    validator: Option<Validator>,
    received: u64,
    breaks: u32,
}

impl Fetched {
    pub(crate) fn new(
        client: Client,
        url: Url,
        answer: Response,
        limits: Limits,
        deadline: Instant,
    ) -> Result<Self, OutboundError> {
        let (length, validator) = (answer.content_length(), Validator::of(answer.headers()));
        let fetched =
            Self { client, url, answer, limits, deadline, length, validator, received: 0, breaks: 0 };
        match fetched.length() {
            Some(length) if length > limits.max_bytes => Err(fetched.too_large()),
            _ => Ok(fetched),
        }
    }

    /// The bytes that are announced, if they are.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The media type without parameters, in lower case.
    #[must_use]
    pub fn content_type(&self) -> Option<String> {
        let text = self.answer.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
        Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// What to ask with when the file is wanted again.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        let text = |name| {
            let value = self.answer.headers().get(name)?.to_str().ok()?;
            (value.len() <= MAX_CONDITION_BYTES).then(|| value.to_owned())
        };
        Conditions { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) }
    }

    /// The next piece of the body; `None` after the last one. After a break the rest is asked for, as long as the server has
    /// said which state of the file it sends, and still has it.
    ///
    /// # Errors
    /// `TooLarge`, `Late` and `Interrupted`, the latter also when fewer bytes come than were announced.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let chunk = loop {
            match self.next().await {
                Ok(chunk) => break chunk,
                Err(error) => match self.rest().await {
                    Some(rest) => (self.answer, self.length) = (rest.answer, Some(rest.length)),
                    None => return Err(error),
                },
            }
        };
        self.received += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.received > self.limits.max_bytes {
            return Err(self.too_large());
        }
        // Only a piece that is longer than it said can bring too much.
        if self.length.is_some_and(|length| self.received > length) {
            Err(self.interrupted())
        } else {
            Ok(chunk)
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let by = self.deadline.min(Instant::now() + self.limits.idle);
        match timeout_at(by, self.answer.chunk()).await {
            // The rest of a file may be cut short once more.
            Ok(Ok(None)) if self.length.is_some_and(|length| self.received < length) => {
                Err(self.interrupted())
            }
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(_)) => Err(self.interrupted()),
            Err(_) => Err(self.late()),
        }
    }

    /// What has not come yet, after a break.
    async fn rest(&mut self) -> Option<Rest> {
        self.breaks += 1;
        let validator = self.validator.as_ref().filter(|_| self.received > 0 && self.breaks <= MAX_BREAKS)?;
        let (client, url, length) = (&self.client, &self.url, self.length);
        let broken = Broken { client, url, validator, received: self.received, length };
        broken.resume(self.limits.idle.max(CONNECT_TIMEOUT), self.deadline).await
    }

    fn interrupted(&self) -> OutboundError {
        let detail = format!("only {} bytes arrived", self.received);
        OutboundError::Interrupted { host: host_of(&self.url), detail }
    }

    fn too_large(&self) -> OutboundError {
        OutboundError::TooLarge { host: host_of(&self.url), max_bytes: self.limits.max_bytes }
    }

    fn late(&self) -> OutboundError {
        let is_over = Instant::now() >= self.deadline;
        let after = if is_over { self.limits.total } else { self.limits.idle };
        OutboundError::Late { host: host_of(&self.url), after }
    }
}
