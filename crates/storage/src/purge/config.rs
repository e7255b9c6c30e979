//! The settings of purging.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// `[delivery.purge]` in telecine.toml.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PurgeConfig {
    /// Who is told.
    pub provider: PurgeProvider,
    /// The zone at Cloudflare.
    pub zone_id: Option<String>,
    /// The token: at Cloudflare one with the right Cache Purge; a webhook gets it as it is, if there is one.
    pub token: Option<SecretString>,
    /// The webhook; at Cloudflare another place of its API.
    pub url: Option<Url>,
}

/// Who is told that copies must go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PurgeProvider {
    /// Nobody.
    #[default]
    None,
    /// Cloudflare's API.
    Cloudflare,
    /// An address of the operator.
    Webhook,
}

/// A setting of purging that cannot work.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PurgeConfigError {
    /// Cloudflare needs both.
    #[error(
        "delivery.purge.provider is cloudflare: delivery.purge.zone_id and delivery.purge.token must be set"
    )]
    Cloudflare,
    /// A zone that would change the address.
    #[error(
        "delivery.purge.zone_id must be the zone id that Cloudflare shows, letters and digits only: {0:?}"
    )]
    Zone(String),
    /// A webhook needs an address.
    #[error("delivery.purge.provider is webhook: delivery.purge.url must be set")]
    Webhook,
    /// Not an address of HTTP. It is not shown, because it may hold a secret.
    #[error("delivery.purge.url must be an http or https address")]
    Url,
}

impl PurgeConfig {
    /// Checks the settings before anything starts.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn check(&self) -> Result<(), PurgeConfigError> {
        if self.url.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
            return Err(PurgeConfigError::Url);
        }
        match self.provider {
            PurgeProvider::None => Ok(()),
            PurgeProvider::Cloudflare => self.zone_and_token().map(drop),
            PurgeProvider::Webhook => self.url.as_ref().map(drop).ok_or(PurgeConfigError::Webhook),
        }
    }

    pub(super) fn zone_and_token(&self) -> Result<(&str, &SecretString), PurgeConfigError> {
        let (zone, token) =
            self.zone_id.as_deref().zip(self.token.as_ref()).ok_or(PurgeConfigError::Cloudflare)?;
        let is_id = !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id { Ok((zone, token)) } else { Err(PurgeConfigError::Zone(zone.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_cannot_work_has_its_sentence() {
        for (json, expected) in [
            ("{}", None),
            (r#"{"provider": "cloudflare", "zone_id": "0a1b", "token": "hush"}"#, None),
            (r#"{"provider": "webhook", "url": "https://purge.example/"}"#, None),
            (r#"{"provider": "cloudflare", "token": "hush"}"#, Some(PurgeConfigError::Cloudflare)),
            (
                r#"{"provider": "cloudflare", "zone_id": "../x", "token": "hush"}"#,
                Some(PurgeConfigError::Zone("../x".into())),
            ),
            (r#"{"provider": "webhook"}"#, Some(PurgeConfigError::Webhook)),
            (r#"{"provider": "webhook", "url": "ftp://x/"}"#, Some(PurgeConfigError::Url)),
        ] {
            let config: PurgeConfig = serde_json::from_str(json).unwrap();
            assert_eq!(config.check().err(), expected, "{json}");
        }
    }
}
