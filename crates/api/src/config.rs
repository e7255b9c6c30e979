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
    /// Origins of pages elsewhere that may use the API with a token; none means the server's own pages only.
    pub cors_origins: Vec<String>,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 3001, public_url: None, cors_origins: Vec::new() }
    }
}

impl ApiConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        if let Some(url) = &self.public_url
            && Some(url.as_str().trim_end_matches('/')) != origin(url).as_deref()
        {
            return Err(
                "server.public_url must be an origin like https://video.example, without path and user"
                    .into(),
            );
        }
        // Compared as text with what browsers send.
        let is_origin = |text: &&String| {
            !text.contains('*') && Url::parse(text).is_ok_and(|url| origin(&url).as_ref() == Some(*text))
        };
        match self.cors_origins.iter().find(|text| !is_origin(text)) {
            Some(wrong) => {
                Err(format!("server.cors_origins: {wrong:?} is not an origin like https://app.example"))
            }
            None => Ok(()),
        }
    }

    /// Whether browsers on other machines are let in without being told how to come back.
    #[must_use]
    pub fn is_open_without_address(&self) -> bool {
        self.bind.is_unspecified() && self.public_url.is_none()
    }

    /// The address under which browsers reach the server that listens on `listening`.
    #[must_use]
    pub fn effective_public_url(&self, listening: SocketAddr) -> Url {
        self.public_url.clone().unwrap_or_else(|| Self::own_url(listening))
    }

    /// The address under which this machine reaches the server that listens on `listening`.
    #[must_use]
    pub fn own_url(listening: SocketAddr) -> Url {
        let host = if listening.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listening.ip() };
        let own = Url::parse(&format!("http://{}", SocketAddr::new(host, listening.port())));
        #[expect(clippy::expect_used, reason = "a socket address is always a valid authority")]
        own.expect("an address made of a socket address")
    }
}

fn origin(url: &Url) -> Option<String> {
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_origins_are_allowed_to_share() {
        let checked = |origin: &str| {
            ApiConfig { cors_origins: vec![origin.to_owned()], ..ApiConfig::default() }.check().is_ok()
        };
        assert!(checked("https://app.example") && checked("http://localhost:5173"));
        for wrong in [
            "*",
            "null",
            "",
            "https://app.example/",
            "https://*.example",
            "https://App.example",
            "app.example",
        ] {
            assert!(!checked(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_server_on_one_address_of_a_network_knows_how_it_is_reached() {
        let bound_to = |bind: &str| ApiConfig { bind: bind.parse().unwrap(), ..ApiConfig::default() };
        let address =
            |config: &ApiConfig| config.effective_public_url(SocketAddr::new(config.bind, 80)).to_string();
        let (one, all) = (bound_to("192.168.1.5"), bound_to("0.0.0.0"));
        assert_eq!((one.is_open_without_address(), address(&one).as_str()), (false, "http://192.168.1.5/"));
        assert_eq!((all.is_open_without_address(), address(&all).as_str()), (true, "http://127.0.0.1/"));
    }
}
