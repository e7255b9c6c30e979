//! Cloudflare: `POST /zones/{zone}/purge_cache` with up to a hundred addresses on every plan (2026).

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use telecine_outbound::ServiceAnswer;
use url::Url;

use super::config::{PurgeConfig, PurgeConfigError};
use super::{CdnPurge, PurgeError, REQUEST_TIMEOUT};

const API: &str = "https://api.cloudflare.com/client/v4";

/// A sentence of theirs in ours.
const MAX_COMPLAINT_CHARS: usize = 200;

/// One zone.
pub(super) struct Cloudflare {
    url: Url,
    token: SecretString,
}

/// What every answer of the API has. A 200 is not yet a success.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    success: bool,
    errors: Vec<Complaint>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Complaint {
    code: i64,
    message: String,
}

impl Cloudflare {
    pub(super) fn new(config: &PurgeConfig) -> Result<Self, PurgeConfigError> {
        let (zone, token) = config.zone_and_token()?;
        let api = config.url.as_ref().map_or(API, Url::as_str).trim_end_matches('/');
        let url = format!("{api}/zones/{zone}/purge_cache").parse().map_err(|_| PurgeConfigError::Url)?;
        Ok(Self { url, token: token.clone() })
    }

    pub(super) async fn purge(&self, cdn: &CdnPurge, urls: &[String]) -> Result<ServiceAnswer, PurgeError> {
        let document = json!({ "files": urls });
        let (token, now) = (Some(&self.token), cdn.clock.now());
        Ok(cdn.outbound.post_json(&self.url, token, &document, REQUEST_TIMEOUT, now).await?)
    }

    pub(super) fn says_done(body: &[u8]) -> bool {
        serde_json::from_slice::<Answer>(body).is_ok_and(|answer| answer.success)
    }

    pub(super) fn complaint(body: &[u8]) -> String {
        let answer: Answer = serde_json::from_slice(body).unwrap_or_default();
        let complaint = answer.errors.first().map(|it| format!("{} {}", it.code, it.message));
        complaint.unwrap_or_default().chars().take(MAX_COMPLAINT_CHARS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_success_is_a_success() {
        assert!(Cloudflare::says_done(br#"{"success":true,"result":{"id":"1"},"errors":[],"messages":[]}"#));
        for body in [&br#"{"success":false,"errors":[{"code":1012,"message":"no"}]}"#[..], b"{}", b"<html>"] {
            assert!(!Cloudflare::says_done(body));
        }
        assert_eq!(Cloudflare::complaint(br#"{"errors":[{"code":1012,"message":"no"}]}"#), "1012 no");
    }
}
