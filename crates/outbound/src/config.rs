//! The settings of requests made for users.

use serde::Deserialize;
use url::{Host, Url};

/// `[outbound]` in telecine.toml.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboundConfig {
    /// Places inside the own network that users may name, as `host:port`. Everything else there is refused.
    pub allow_private_hosts: Vec<String>,
}

/// A host, as addresses spell it, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    host: String,
    port: u16,
}

impl OutboundConfig {
    /// Checks the settings before anything starts.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        self.places().map(drop)
    }

    pub(crate) fn places(&self) -> Result<Vec<Place>, String> {
        self.allow_private_hosts
            .iter()
            .filter(|entry| !entry.is_empty())
            .map(|entry| Place::parse(entry))
            .collect()
    }
}

impl Place {
    fn parse(entry: &str) -> Result<Self, String> {
        let unusable = || {
            format!(
                "outbound.allow_private_hosts must hold entries like intranet.example:8080 or 10.0.0.5:80: {entry:?}"
            )
        };
        let (host, port) = entry.rsplit_once(':').ok_or_else(unusable)?;
        let (host, port) =
            (Host::parse(host).map_err(|_| unusable())?, port.parse().map_err(|_| unusable())?);
        Ok(Self { host: host.to_string(), port })
    }

    /// Whether the address leads to this place.
    pub(crate) fn is_of(&self, url: &Url) -> bool {
        url.host_str() == Some(self.host.as_str()) && url.port_or_known_default() == Some(self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(entry: &str, url: &str) -> bool {
        Place::parse(entry).unwrap().is_of(&url.parse().unwrap())
    }

    #[test]
    fn a_place_is_a_host_and_a_port() {
        assert!(is_allowed("Intranet.example:80", "http://intranet.example/a"));
        assert!(is_allowed("127.0.0.1:9000", "https://127.0.0.1:9000/"));
        assert!(is_allowed("[::1]:443", "https://[0:0::1]/"));
        assert!(!is_allowed("127.0.0.1:9000", "http://127.0.0.1:9001/"));
        assert!(!is_allowed("intranet.example:80", "http://sub.intranet.example/"));
    }

    #[test]
    fn an_entry_that_is_no_place_has_its_sentence() {
        for entry in ["intranet", "intranet:", "intranet:99999", "http://intranet:80", ":80", "10.0.0.0/8"] {
            let config = OutboundConfig { allow_private_hosts: vec![entry.to_owned()] };
            assert!(config.check().unwrap_err().starts_with("outbound.allow_private_hosts"), "{entry}");
        }
    }
}
