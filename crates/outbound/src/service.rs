//! Calls to services that the settings name: a CDN's API, a webhook.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use crate::client::{Outbound, host_of};
use crate::error::OutboundError;
use crate::retry_after::retry_after;

/// An answer is a small document; what is longer is cut off.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What a service said, whatever its status.
#[derive(Debug, Clone)]
pub struct ServiceAnswer {
    /// The status.
    pub status: StatusCode,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
    /// The start of its body.
    pub body: Bytes,
}

impl Outbound {
    /// Posts a document to an address of the settings, which may be anywhere. Redirects are not followed: they would
    /// take the token elsewhere.
    ///
    /// # Errors
    /// `Unreachable`, `Interrupted` (the service may have done it) and `Late` (it may have, too).
    pub async fn post_json(
        &self,
        url: &Url,
        bearer: Option<&SecretString>,
        document: &Value,
        limit: Duration,
        now: Timestamp,
    ) -> Result<ServiceAnswer, OutboundError> {
        let mut request = self.open.post(url.clone()).json(document);
        if let Some(token) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        }
        let exchange = async {
            let mut answer = request.send().await?;
            let (status, retry_after) = (answer.status(), retry_after(answer.headers(), now));
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > MAX_ANSWER_BYTES {
                    body.truncate(MAX_ANSWER_BYTES);
                    break;
                }
            }
            Ok(ServiceAnswer { status, retry_after, body: body.into() })
        };
        let host = host_of(url);
        match timeout(limit, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(failure(host, &error)),
            Err(_) => Err(OutboundError::Late { host, after: limit }),
        }
    }
}

fn failure(host: String, error: &reqwest::Error) -> OutboundError {
    if error.is_connect() {
        OutboundError::Unreachable { host, detail: "no connection".to_owned() }
    } else {
        OutboundError::Interrupted { host, detail: "no whole answer".to_owned() }
    }
}
