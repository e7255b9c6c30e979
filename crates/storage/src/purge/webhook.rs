//! Any other CDN: `POST {"urls": […]}` to an address of the operator; a 2xx means done.

use secrecy::SecretString;
use serde_json::json;
use telecine_outbound::ServiceAnswer;
use url::Url;

use super::config::{PurgeConfig, PurgeConfigError};
use super::{CdnPurge, PurgeError, REQUEST_TIMEOUT};

/// The operator's address.
pub(super) struct Webhook {
    url: Url,
    token: Option<SecretString>,
}

impl Webhook {
    pub(super) fn new(config: &PurgeConfig) -> Result<Self, PurgeConfigError> {
        let url = config.url.clone().ok_or(PurgeConfigError::Webhook)?;
        Ok(Self { url, token: config.token.clone() })
    }

    pub(super) async fn purge(&self, cdn: &CdnPurge, urls: &[String]) -> Result<ServiceAnswer, PurgeError> {
        let (token, now) = (self.token.as_ref(), cdn.clock.now());
        Ok(cdn.outbound.post_json(&self.url, token, &json!({ "urls": urls }), REQUEST_TIMEOUT, now).await?)
    }
}
