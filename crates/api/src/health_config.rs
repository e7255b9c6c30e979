//! `[health]` and `[metrics]` in telecine.toml.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Deserialize;

/// A port of its own for health and metrics, which asks for no token.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthConfig {
    /// The address to listen on; loopback unless told otherwise.
    pub bind: IpAddr,
    /// The port to listen on, 0 for a free one; none means that nothing listens.
    pub port: Option<u16>,
}

/// Who may read `/metrics` of the API.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Everybody, instead of those with a token.
    pub open: bool,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None }
    }
}

impl HealthConfig {
    /// Where to listen, if anywhere.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.port.map(|port| SocketAddr::new(self.bind, port))
    }
}
