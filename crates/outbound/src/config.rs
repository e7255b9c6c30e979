//! The settings of requests made for users.

use serde::{Deserialize, Deserializer};
use url::{Host, Url};

/// Where web servers listen.
const WEB_PORTS: [&str; 4] = ["80", "443", "8080", "8443"];

/// `[outbound]` in telecine.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboundConfig {
    /// Places inside the own network that users may name, as `host:port`. Everything else there is refused.
    pub allow_private_hosts: Vec<String>,
    /// Ports that addresses of users may name, numbers from 1 to 65535.
    #[serde(deserialize_with = "numbers_or_texts")]
    pub ports: Vec<String>,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self { allow_private_hosts: Vec::new(), ports: WEB_PORTS.map(str::to_owned).into() }
    }
}

/// The environment has texts, a file has numbers.
fn numbers_or_texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry {
        Number(u16),
        Text(String),
    }
    let entries = Vec::<Entry>::deserialize(deserializer)?.into_iter();
    Ok(entries
        .map(|entry| match entry {
            Entry::Number(number) => number.to_string(),
            Entry::Text(text) => text,
        })
        .collect())
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
        self.places()?;
        self.checked_ports().map(drop)
    }

    pub(crate) fn checked_ports(&self) -> Result<Vec<u16>, String> {
        let unusable =
            |entry: &String| format!("outbound.ports must hold numbers from 1 to 65535: {entry:?}");
        self.ports
            .iter()
            .map(|entry| match entry.parse() {
                Ok(0) | Err(_) => Err(unusable(entry)),
                Ok(port) => Ok(port),
            })
            .collect()
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
            let allow_private_hosts = vec![entry.to_owned()];
            let config = OutboundConfig { allow_private_hosts, ..OutboundConfig::default() };
            assert!(config.check().unwrap_err().starts_with("outbound.allow_private_hosts"), "{entry}");
        }
        for entry in ["0", "65536", "-1", "http", ""] {
            let config = OutboundConfig { ports: vec![entry.to_owned()], ..OutboundConfig::default() };
            assert!(config.check().unwrap_err().starts_with("outbound.ports"), "{entry}");
        }
    }

    #[test]
    fn ports_are_numbers_in_a_file_and_texts_in_the_environment() {
        let config: OutboundConfig = serde_json::from_str(r#"{ "ports": [80, "8080"] }"#).unwrap();
        assert_eq!(config.checked_ports(), Ok(vec![80, 8080]));
    }
}
