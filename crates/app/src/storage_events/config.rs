//! `[storage_events]` in telecine.toml.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// A shorter token could be guessed.
const MIN_TOKEN_CHARS: usize = 16;

/// Who may tell that an object has arrived; nobody unless set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageEventsConfig {
    /// What MinIO, or the Worker of Cloudflare R2, sends as bearer token.
    pub token: Option<SecretString>,
    /// The SNS topic of AWS S3 whose messages are believed.
    pub sns_topic_arn: Option<String>,
}

/// An SNS topic, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) arn: String,
    /// The host that signs and confirms for the topic.
    pub(super) host: String,
}

impl StorageEventsConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        let is_usable = |token: &SecretString| {
            let token = token.expose_secret();
            token.len() >= MIN_TOKEN_CHARS && token.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if self.token.as_ref().is_some_and(|token| !is_usable(token)) {
            return Err(format!(
                "storage_events.token must have {MIN_TOKEN_CHARS} or more letters, digits and signs, without spaces"
            ));
        }
        if self.sns_topic_arn.is_some() && self.topic().is_none() {
            return Err(
                "storage_events.sns_topic_arn must look like arn:aws:sns:eu-central-1:123456789012:uploads"
                    .into(),
            );
        }
        Ok(())
    }

    /// The topic, if one is set.
    pub(super) fn topic(&self) -> Option<Topic> {
        let arn = self.sns_topic_arn.as_deref()?;
        let fields: Vec<&str> = arn.split(':').collect();
        let &["arn", partition, "sns", region, account, name] = fields.as_slice() else { return None };
        let domain = match partition {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            _ => return None,
        };
        let is_word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let is_region =
            region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (is_word(region) && is_region && is_account && is_word(name))
            .then(|| Topic { arn: arn.to_owned(), host: format!("sns.{region}.{domain}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(arn: &str) -> Option<String> {
        let config =
            StorageEventsConfig { sns_topic_arn: Some(arn.to_owned()), ..StorageEventsConfig::default() };
        assert_eq!(config.check().is_ok(), config.topic().is_some());
        config.topic().map(|topic| topic.host)
    }

    #[test]
    fn a_topic_tells_the_host_that_signs_for_it() {
        let host = topic("arn:aws:sns:eu-central-1:123456789012:uploads");
        assert_eq!(host.as_deref(), Some("sns.eu-central-1.amazonaws.com"));
        let host = topic("arn:aws-cn:sns:cn-north-1:123456789012:uploads");
        assert_eq!(host.as_deref(), Some("sns.cn-north-1.amazonaws.com.cn"));
        for wrong in [
            "",
            "uploads",
            "arn:aws:sqs:eu-central-1:123456789012:uploads",
            "arn:aws:sns:evil.example/:123456789012:uploads",
            "arn:aws:sns:evil.example#:123456789012:uploads",
            "arn:aws:sns:eu.evil:123456789012:uploads",
            "arn:aws:sns::123456789012:uploads",
            "arn:aws:sns:eu-central-1:1234:uploads",
            "arn:aws:sns:eu-central-1:123456789012:uploads:extra",
        ] {
            assert_eq!(topic(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_that_could_be_guessed_stops_the_start() {
        let check = |token: &str| {
            StorageEventsConfig { token: Some(token.into()), ..StorageEventsConfig::default() }.check()
        };
        assert!(check("0123456789abcdef").is_ok());
        for wrong in ["", "short", "with a space in the middle", "with-a-line-break\n"] {
            let refused = check(wrong).unwrap_err();
            assert!(
                refused.contains("storage_events.token") && (wrong.is_empty() || !refused.contains(wrong))
            );
        }
    }
}
