//! What has to be fetched from AWS: certificates, and the confirmation of a subscription.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use url::Url;

/// A certificate has 2 KB, a confirmation 1 KB.
const MAX_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Fetches from the SNS hosts of AWS. The caller has checked the address.
#[async_trait]
pub trait SnsFetch: Send + Sync {
    /// The whole body behind the address.
    ///
    /// # Errors
    /// [`SnsFetchError`].
    async fn get(&self, url: &Url) -> Result<Bytes, SnsFetchError>;
}

/// An answer that did not come.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{host} did not answer as expected: {reason}")]
pub struct SnsFetchError {
    /// The host that was asked.
    pub host: String,
    /// What happened, without the address: the one of a confirmation holds a token.
    pub reason: String,
}

/// Fetches over HTTPS, following no redirects.
pub struct HttpsFetch {
    http: reqwest::Client,
}

impl HttpsFetch {
    /// A client that connects at the first request.
    ///
    /// # Errors
    /// A sentence when the system has no usable TLS.
    pub fn new() -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build();
        let http = http.map_err(|error| format!("no HTTPS client can be made: {error}"))?;
        Ok(Self { http })
    }
}

#[async_trait]
impl SnsFetch for HttpsFetch {
    async fn get(&self, url: &Url) -> Result<Bytes, SnsFetchError> {
        let failed =
            |reason: String| SnsFetchError { host: url.host_str().unwrap_or_default().to_owned(), reason };
        let of_client = |error: reqwest::Error| failed(error.without_url().to_string());
        let mut answer = self.http.get(url.clone()).send().await.map_err(of_client)?;
        if !answer.status().is_success() {
            return Err(failed(format!("status {}", answer.status().as_u16())));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(of_client)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(failed(format!("more than {MAX_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}
