//! `[server]` in telecine.toml.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Deserialize;
use url::Url;

/// Where the API listens and how browsers reach it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiConfig {
    /// The address to listen on; loopback unless told otherwise.
    pub bind: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// How browsers reach the server, when that is not `http://{bind}:{port}`; behind a proxy for instance.
    pub public_url: Option<Url>,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 3001, public_url: None }
    }
}

impl ApiConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        match &self.public_url {
            Some(url) if !matches!(url.scheme(), "http" | "https") || url.query().is_some() => {
                Err("server.public_url must be an http or https address without a query".into())
            }
            _ => Ok(()),
        }
    }

    /// The address under which browsers reach the server that listens on `listening`.
    #[must_use]
    pub fn effective_public_url(&self, listening: SocketAddr) -> Url {
        let host = if listening.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listening.ip() };
        let own = || Url::parse(&format!("http://{}", SocketAddr::new(host, listening.port()))).ok();
        #[expect(clippy::expect_used, reason = "a socket address is always a valid authority")]
        self.public_url.clone().or_else(own).expect("an address made of a socket address")
    }
}
