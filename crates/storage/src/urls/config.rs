//! The settings of Redis.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

const DEFAULT_PORT: u16 = 6379;
/// People wait for pages meanwhile.
const DEFAULT_TIMEOUT_MS: u64 = 50;

/// `[redis]` in telecine.toml. Redis is used when an address or a host is set, or when `enabled` says so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// Whether it is used; none means: when `url` or `host` is set.
    pub enabled: Option<bool>,
    /// `redis://` or `rediss://`, with user, password and database.
    pub url: Option<SecretString>,
    /// The host, where there is no address.
    pub host: Option<String>,
    /// The port at that host.
    pub port: u16,
    /// The password at that host.
    pub password: Option<SecretString>,
    /// The number of the database at that host.
    pub db: u16,
    /// Milliseconds that it may take for one address before it is signed anew.
    pub timeout_ms: u64,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            enabled: None,
            url: None,
            host: None,
            port: DEFAULT_PORT,
            password: None,
            db: 0,
            timeout_ms: DEFAULT_TIMEOUT_MS,
        }
    }
}

/// A Redis setting that cannot work.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RedisConfigError {
    /// Two ways to say where it is.
    #[error("redis.url and redis.host are both set; keep one of them")]
    Twice,
    /// Not an address of Redis. It is not shown, because it may hold a password.
    #[error("redis.url must be an address like redis://:password@host:6379/0 or rediss://host:6380")]
    Url,
    /// A host that is no name.
    #[error("redis.host must be a host name or an IP address, without a port: {0:?}")]
    Host(String),
}

impl RedisConfig {
    /// Checks the settings before anything starts.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn check(&self) -> Result<(), RedisConfigError> {
        self.connection().map(drop)
    }

    /// Its address, for others that use it; `None` when it is not used.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn address(&self) -> Result<Option<SecretString>, RedisConfigError> {
        if self.connection()?.is_none() {
            return Ok(None);
        }
        if let Some(url) = &self.url {
            return Ok(Some(url.clone()));
        }
        let host = self.host.as_deref().unwrap_or("localhost");
        let refused = || RedisConfigError::Host(host.to_owned());
        let is_ipv6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let written = if is_ipv6 { format!("[{host}]") } else { host.to_owned() };
        let address = format!("redis://{written}:{}/{}", self.port, self.db);
        let mut address = url::Url::parse(&address).map_err(|_| refused())?;
        let password = self.password.as_ref().map(|password| password.expose_secret());
        address.set_password(password).map_err(|()| refused())?;
        Ok(Some(String::from(address).into()))
    }

    /// How to reach it; `None` when it is not used.
    pub(super) fn connection(&self) -> Result<Option<ConnectionInfo>, RedisConfigError> {
        let connection = match (&self.url, &self.host) {
            (Some(_), Some(_)) => return Err(RedisConfigError::Twice),
            (Some(url), None) => {
                url.expose_secret().into_connection_info().map_err(|_| RedisConfigError::Url)?
            }
            (None, host) => self.at_host(host.as_deref().unwrap_or("localhost"))?,
        };
        let is_used = self.enabled.unwrap_or(self.url.is_some() || self.host.is_some());
        Ok(is_used.then_some(connection))
    }

    fn at_host(&self, host: &str) -> Result<ConnectionInfo, RedisConfigError> {
        let is_host = url::Host::parse(host).is_ok() || host.parse::<std::net::Ipv6Addr>().is_ok();
        if !is_host {
            return Err(RedisConfigError::Host(host.to_owned()));
        }
        let mut settings = RedisConnectionInfo::default().set_db(self.db.into());
        if let Some(password) = &self.password {
            settings = settings.set_password(password.expose_secret());
        }
        let address = ConnectionAddr::Tcp(host.to_owned(), self.port);
        let connection =
            address.into_connection_info().map_err(|_| RedisConfigError::Host(host.to_owned()))?;
        Ok(connection.set_redis_settings(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> RedisConfig {
        serde_json::from_str(json).unwrap()
    }

    fn address(json: &str) -> Option<String> {
        config(json).connection().unwrap().map(|connection| connection.addr().to_string())
    }

    #[test]
    fn redis_is_used_when_its_place_is_set_or_when_it_is_asked_for() {
        assert_eq!(address("{}"), None);
        assert_eq!(address(r#"{"enabled": true}"#).unwrap(), "localhost:6379");
        assert_eq!(address(r#"{"host": "cache", "port": 7000}"#).unwrap(), "cache:7000");
        assert_eq!(address(r#"{"url": "rediss://:hush@cache:6380/2"}"#).unwrap(), "cache:6380");
        assert_eq!(address(r#"{"url": "redis://cache", "enabled": false}"#), None);
    }

    #[test]
    fn a_host_and_a_password_make_an_address() {
        let address = |json: &str| {
            let address = config(json).address().unwrap();
            address.map(|address| address.expose_secret().to_owned())
        };
        assert_eq!(address("{}"), None);
        assert_eq!(address(r#"{"url": "rediss://:a@cache/2"}"#).unwrap(), "rediss://:a@cache/2");
        let host = r#"{"host": "::1", "password": "a/b@c", "db": 3}"#;
        assert_eq!(address(host).unwrap(), "redis://:a%2Fb%40c@[::1]:6379/3");
    }

    #[test]
    fn a_setting_that_cannot_work_has_its_sentence_and_shows_no_password() {
        for (json, start) in [
            (r#"{"url": "http://:hush@cache"}"#, "redis.url"),
            (r#"{"url": "redis://:hush@cache", "host": "cache"}"#, "redis.url and redis.host"),
            (r#"{"host": "cache:6379"}"#, "redis.host"),
        ] {
            let message = config(json).check().unwrap_err().to_string();
            assert!(message.starts_with(start) && !message.contains("hush"), "{json}: {message}");
        }
    }
}
