//! The settings of storage.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use url::{Host, Url};

use crate::embedded::Credentials;

const SECONDS_PER_DAY: u64 = 24 * 3600;

/// Where the objects are and how to reach them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// The S3 endpoint; none means the embedded one.
    pub endpoint: Option<Url>,
    /// The account of Cloudflare R2. The endpoint follows from it when none is set.
    pub account_id: Option<String>,
    /// The endpoint as browsers reach it, for presigned addresses; none means `endpoint`.
    pub public_endpoint: Option<Url>,
    /// The region that signatures name.
    pub region: String,
    /// The bucket that holds everything.
    pub bucket: String,
    /// The name of the key; the embedded endpoint has its own.
    pub access_key_id: Option<String>,
    /// The secret of the key.
    pub secret_access_key: Option<SecretString>,
    /// The token of temporary credentials; an empty one is none.
    pub session_token: Option<SecretString>,
    /// Whether the bucket stands in the path (`host/bucket/key`) or in the host name (`bucket.host/key`).
    pub path_style: bool,
    /// The embedded endpoint.
    pub embedded: EmbeddedConfig,
}

/// The settings of the embedded endpoint.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddedConfig {
    /// The address it listens on.
    pub listen: SocketAddr,
    /// Origins whose pages may use it, as browsers write them; empty means any.
    pub cors_origins: Vec<String>,
    /// Megabytes of the disk that writes leave free; 0 lets them fill it.
    pub reserve_mb: u64,
    /// Days after which a multipart upload without news is removed; 0 means never.
    pub upload_max_age_days: u32,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            account_id: None,
            public_endpoint: None,
            region: "us-east-1".to_owned(),
            bucket: "telecine".to_owned(),
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            path_style: true,
            embedded: EmbeddedConfig::default(),
        }
    }
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9000)),
            cors_origins: Vec::new(),
            reserve_mb: 256,
            upload_max_age_days: 7,
        }
    }
}

impl EmbeddedConfig {
    /// Bytes of the disk that writes leave free.
    #[must_use]
    pub fn reserve_bytes(&self) -> u64 {
        self.reserve_mb.saturating_mul(1_000_000)
    }

    /// How long a multipart upload may be without news; none means for ever.
    #[must_use]
    pub fn upload_max_age(&self) -> Option<Duration> {
        (self.upload_max_age_days > 0)
            .then(|| Duration::from_secs(u64::from(self.upload_max_age_days) * SECONDS_PER_DAY))
    }
}

/// A setting that cannot work.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The client needs an endpoint.
    #[error("storage.endpoint is not set; without one, start the embedded endpoint and use its address")]
    NoEndpoint,
    /// An endpoint that is not the address of an S3 server.
    #[error(
        "storage.{field} must be an http or https address of a host without user name and query: {address}"
    )]
    Endpoint {
        /// The setting.
        field: &'static str,
        /// What it says.
        address: String,
    },
    /// A bucket name that S3 does not take.
    #[error(
        "storage.bucket must have 3 to 63 characters of a-z, 0-9, - and ., starting and ending with a letter or digit: {0}"
    )]
    Bucket(String),
    /// A region that cannot be part of a signature.
    #[error("storage.region must be a word like us-east-1 or auto: {0:?}")]
    Region(String),
    /// Half a key pair, or none where one is needed.
    #[error(
        "storage.access_key_id and storage.secret_access_key must both be set when storage.endpoint is set"
    )]
    Credentials,
    /// An IP address has no names under it.
    #[error(
        "storage.path_style must be true for {0}: a bucket can stand before a host name, but not before an IP address"
    )]
    VirtualHost(String),
    /// An origin that no browser would send.
    #[error("storage.embedded.cors_origins must hold origins like https://app.example, without a path: {0}")]
    CorsOrigin(String),
}

impl StorageConfig {
    /// Checks the settings before anything starts.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (field, endpoint) in [("endpoint", &self.endpoint), ("public_endpoint", &self.public_endpoint)] {
            if let Some(address) = endpoint.as_ref().filter(|address| !is_endpoint(address)) {
                return Err(ConfigError::Endpoint { field, address: without_user(address) });
            }
        }
        let endpoints = [&self.endpoint, &self.public_endpoint].into_iter().flatten();
        let numeric = endpoints.filter_map(Url::host).find(|host| !matches!(host, Host::Domain(_)));
        if let Some(address) = numeric.filter(|_| !self.path_style) {
            return Err(ConfigError::VirtualHost(address.to_string()));
        }
        if !is_bucket_name(&self.bucket) {
            return Err(ConfigError::Bucket(self.bucket.clone()));
        }
        let is_region = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.region.is_empty() || !self.region.chars().all(is_region) {
            return Err(ConfigError::Region(self.region.clone()));
        }
        let is_pair = self.access_key_id.is_some() && self.secret_access_key.is_some();
        if self.endpoint.is_some() && !is_pair {
            return Err(ConfigError::Credentials);
        }
        match self.embedded.cors_origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(ConfigError::CorsOrigin(origin.clone())),
            None => Ok(()),
        }
    }

    /// The same settings, pointing at the embedded endpoint that listens on `address`.
    #[must_use]
    pub fn for_embedded(mut self, address: SocketAddr, credentials: &Credentials) -> Self {
        self.endpoint = Url::parse(&format!("http://{}", reachable(address))).ok();
        self.access_key_id = Some(credentials.access_key_id.clone());
        self.secret_access_key = Some(credentials.secret_access_key.clone());
        self.session_token = None;
        self.path_style = true;
        self
    }
}

/// An address that listens on every interface is reached from this machine over loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn is_endpoint(address: &Url) -> bool {
    matches!(address.scheme(), "http" | "https")
        && address.host_str().is_some_and(|host| !host.is_empty())
        && address.username().is_empty()
        && address.password().is_none()
        && address.query().is_none()
        && address.fragment().is_none()
}

fn without_user(address: &Url) -> String {
    let mut shown = address.clone();
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.to_string()
}

/// The rules of S3 for general purpose buckets, as far as they concern characters.
fn is_bucket_name(name: &str) -> bool {
    let is_outer =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    (3..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && is_outer(name.as_bytes().first())
        && is_outer(name.as_bytes().last())
        && !name.contains("..")
        && name.parse::<IpAddr>().is_err()
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<StorageConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn check(json: &str) -> Result<(), ConfigError> {
        parse(json).unwrap().validate()
    }

    #[test]
    fn no_settings_mean_the_embedded_endpoint() {
        let config = parse("{}").unwrap();
        assert_eq!(config.validate(), Ok(()));
        assert!(config.endpoint.is_none() && config.path_style);
        assert_eq!(config.embedded.listen.to_string(), "127.0.0.1:9000");
        assert_eq!(config.embedded.reserve_bytes(), 256_000_000);
        assert_eq!(config.embedded.upload_max_age(), Some(Duration::from_secs(7 * 24 * 3600)));
        assert_eq!(
            parse(r#"{"embedded": {"upload_max_age_days": 0}}"#).unwrap().embedded.upload_max_age(),
            None
        );
    }

    #[test]
    fn an_unknown_setting_is_an_error() {
        assert!(parse(r#"{"endpiont": "http://x"}"#).is_err());
        assert!(parse(r#"{"embedded": {"port": 1}}"#).is_err());
    }

    #[test]
    fn every_setting_that_cannot_work_has_its_sentence() {
        for (json, start) in [
            (r#"{"endpoint": "ftp://x"}"#, "storage.endpoint"),
            (r#"{"public_endpoint": "http://a:b@x/"}"#, "storage.public_endpoint"),
            (r#"{"bucket": "A_b"}"#, "storage.bucket"),
            (r#"{"bucket": "1.2.3.4"}"#, "storage.bucket"),
            (r#"{"region": ""}"#, "storage.region"),
            (r#"{"endpoint": "http://[::1]:9000", "path_style": false}"#, "storage.path_style"),
            (r#"{"endpoint": "http://x", "access_key_id": "a"}"#, "storage.access_key_id"),
            (r#"{"embedded": {"cors_origins": ["https://app.example/"]}}"#, "storage.embedded.cors_origins"),
        ] {
            let message = check(json).unwrap_err().to_string();
            assert!(message.starts_with(start), "{json}: {message}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let config = parse(r#"{"secret_access_key": "hush", "endpoint": "http://u:hush@x"}"#).unwrap();
        assert!(!config.validate().unwrap_err().to_string().contains("hush"));
        assert!(!format!("{:?}", config.secret_access_key).contains("hush"));
    }

    #[test]
    fn an_embedded_endpoint_on_every_interface_is_reached_over_loopback() {
        let credentials = Credentials { access_key_id: "k".into(), secret_access_key: "s".into() };
        let config = StorageConfig::default().for_embedded("0.0.0.0:9000".parse().unwrap(), &credentials);
        assert_eq!(config.endpoint.unwrap().as_str(), "http://127.0.0.1:9000/");
    }
}
