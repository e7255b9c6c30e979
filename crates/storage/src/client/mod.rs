//! The one S3 client: rusty-s3 signs, reqwest carries, and what lies between is here.

mod delete;
mod download;
mod list;
mod multipart;
mod object;
mod presign;
mod presign_unsized;
mod request;
mod retry;
mod stream;
mod upload;
mod xml;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rusty_s3::{Bucket, Credentials, UrlStyle};
use secrecy::ExposeSecret as _;
use telecine_model::Clock;
use url::Url;

use crate::config::{ConfigError, StorageConfig};
use crate::error::StoreError;

pub use list::ListPage;
pub use multipart::{OpenUpload, Part};
pub use object::ObjectInfo;
pub use presign::PresignedRequest;
pub use presign_unsized::PresignedForm;
pub(crate) use request::random;
pub(crate) use retry::wait as retry_wait;

/// A server that does not take a connection within this time is treated as down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// S3 takes keys up to this length.
const MAX_KEY_BYTES: usize = 1024;

/// A bucket on an S3 server. Clones share one connection pool.
#[derive(Clone)]
pub struct ObjectStore {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    bucket: Bucket,
    /// The same bucket as browsers reach it.
    public_bucket: Bucket,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStore")
            .field("bucket", &self.inner.bucket.base_url().as_str())
            .finish_non_exhaustive()
    }
}

impl ObjectStore {
    /// A client for the configured endpoint; it connects at the first request. For the embedded endpoint take
    /// [`StorageConfig::for_embedded`] first.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn new(config: &StorageConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        config.validate()?;
        let endpoint = config.endpoint.clone().ok_or(ConfigError::NoEndpoint)?;
        let public_endpoint = config.public_endpoint.clone().unwrap_or_else(|| endpoint.clone());
        let http = http_client(&endpoint)?;
        let inner = Inner {
            http,
            bucket: bucket("endpoint", endpoint, config)?,
            public_bucket: bucket("public_endpoint", public_endpoint, config)?,
            credentials: credentials(config)?,
            clock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl ObjectStore {
    /// Whether clients reach it over this machine's loopback.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        is_loopback(self.inner.public_bucket.base_url())
    }
}

fn bucket(field: &'static str, endpoint: Url, config: &StorageConfig) -> Result<Bucket, ConfigError> {
    let style = if config.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
    let address = endpoint.to_string();
    Bucket::new(endpoint, style, config.bucket.clone(), config.region.clone())
        .map_err(|_| ConfigError::Endpoint { field, address })
}

fn credentials(config: &StorageConfig) -> Result<Credentials, ConfigError> {
    let (Some(key), Some(secret)) = (&config.access_key_id, &config.secret_access_key) else {
        return Err(ConfigError::Credentials);
    };
    let token = config.session_token.as_ref().filter(|token| !token.expose_secret().is_empty());
    Ok(match token {
        Some(token) => Credentials::new_with_token(key, secret.expose_secret(), token.expose_secret()),
        None => Credentials::new(key, secret.expose_secret()),
    })
}

fn http_client(endpoint: &Url) -> Result<reqwest::Client, ConfigError> {
    // A signed request means one host; following it elsewhere would only fail later and less clearly.
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if is_loopback(endpoint) {
        // A proxy for the world must not be asked for this machine.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|_| ConfigError::Endpoint { field: "endpoint", address: endpoint.to_string() })
}

fn is_loopback(endpoint: &Url) -> bool {
    let host = endpoint.host_str().unwrap_or("");
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Refuses keys that would not survive as the path of an address: `.` and `..` segments are resolved away, which
/// would sign a request for another object or even another bucket.
pub(crate) fn check_key(operation: &'static str, key: &str) -> Result<(), StoreError> {
    let is_walking = key.split('/').any(|segment| segment == "." || segment == "..");
    if key.is_empty() || key.len() > MAX_KEY_BYTES || key.starts_with('/') || is_walking {
        return Err(StoreError::InvalidKey { operation, key: key.chars().take(MAX_KEY_BYTES).collect() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_an_address_would_change_is_refused() {
        for key in ["", "/a", "..", "../media2/x", "a/./b", "a/..", &"x".repeat(1025)] {
            assert!(check_key("get", key).is_err(), "{key}");
        }
        for key in ["a", "a//b", "a/", "...", "a/..b", "ü +?#%"] {
            assert!(check_key("get", key).is_ok(), "{key}");
        }
    }
}
