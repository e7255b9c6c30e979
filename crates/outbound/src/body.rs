//! The answer of somebody else's server, read piece by piece within its limits.

use bytes::Bytes;
use http::header;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::client::{Limits, host_of};
use crate::error::OutboundError;

/// An answer whose body has not been read yet.
#[derive(Debug)]
pub struct Fetched {
    url: Url,
    answer: Response,
    limits: Limits,
    deadline: Instant,
    received: u64,
}

impl Fetched {
    pub(crate) fn new(
        url: Url,
        answer: Response,
        limits: Limits,
        deadline: Instant,
    ) -> Result<Self, OutboundError> {
        let fetched = Self { url, answer, limits, deadline, received: 0 };
        match fetched.length() {
            Some(length) if length > limits.max_bytes => Err(fetched.too_large()),
            _ => Ok(fetched),
        }
    }

    /// The bytes that are announced, if they are.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.answer.content_length()
    }

    /// The media type without parameters, in lower case.
    #[must_use]
    pub fn content_type(&self) -> Option<String> {
        let text = self.answer.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
        Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// The next piece of the body; `None` after the last one.
    ///
    /// # Errors
    /// `TooLarge`, `Late` and `Interrupted`, the latter also when fewer bytes come than were announced.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let by = self.deadline.min(Instant::now() + self.limits.idle);
        let chunk = match timeout_at(by, self.answer.chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(_)) => {
                let detail = format!("only {} bytes arrived", self.received);
                return Err(OutboundError::Interrupted { host: host_of(&self.url), detail });
            }
            Err(_) => return Err(self.late()),
        };
        self.received += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.received > self.limits.max_bytes { Err(self.too_large()) } else { Ok(chunk) }
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
