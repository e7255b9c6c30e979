//! Messages of Amazon SNS: read, checked against the certificate that AWS signs with, and subscriptions confirmed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use moka::future::Cache;
use serde::Deserialize;
use tokio::sync::Semaphore;
use url::Url;

use super::config::Topic;
use super::{EventRefusal, SnsFetch};
use signature::Digest;

mod signature;

/// AWS has one certificate a region, and a new one now and then.
const KEPT_CERTIFICATES: u64 = 8;
const CERTIFICATE_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Anybody can name a certificate that has to be fetched; more at a time wait for the sender's next try.
const FETCHES_AT_A_TIME: usize = 2;

/// A message as SNS wraps it; the names are its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message: String,
    message_id: String,
    subject: Option<String>,
    timestamp: String,
    topic_arn: String,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

/// Checks the messages of one topic.
pub(super) struct SnsVerifier {
    topic: Topic,
    fetch: Arc<dyn SnsFetch>,
    certificates: Cache<Url, Bytes>,
    places: Semaphore,
}

impl Envelope {
    /// The envelope, if the body is one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The text that is signed: name and value of these fields, a line each, in this order.
    fn signed_text(&self) -> String {
        let is_notification = self.kind == "Notification";
        let fields = [
            ("Message", Some(&self.message)),
            ("MessageId", Some(&self.message_id)),
            ("Subject", self.subject.as_ref().filter(|_| is_notification)),
            ("SubscribeURL", self.subscribe_url.as_ref().filter(|_| !is_notification)),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_ref().filter(|_| !is_notification)),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(&self.kind)),
        ];
        let lines = fields.iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", (*value)?)));
        lines.collect()
    }
}

impl SnsVerifier {
    pub(super) fn new(topic: Topic, fetch: Arc<dyn SnsFetch>) -> Self {
        let certificates =
            Cache::builder().max_capacity(KEPT_CERTIFICATES).time_to_live(CERTIFICATE_LIFE).build();
        Self { topic, fetch, certificates, places: Semaphore::new(FETCHES_AT_A_TIME) }
    }

    /// The message inside a genuine notification. A request to confirm the subscription is confirmed; it has none.
    pub(super) async fn accept(&self, envelope: Envelope) -> Result<Option<String>, EventRefusal> {
        // What costs nothing comes first: only messages of the topic make us fetch a certificate.
        if envelope.topic_arn != self.topic.arn {
            return Err(not_of_topic("TopicArn is another topic"));
        }
        self.check_signature(&envelope).await?;
        match envelope.kind.as_str() {
            "Notification" => Ok(Some(envelope.message)),
            "SubscriptionConfirmation" => self.confirm(&envelope).await.map(|()| None),
            "UnsubscribeConfirmation" => {
                tracing::warn!(topic = self.topic.arn, "the subscription to storage events has ended");
                Ok(None)
            }
            _ => Err(not_of_topic("Type is none that SNS has")),
        }
    }

    async fn check_signature(&self, envelope: &Envelope) -> Result<(), EventRefusal> {
        let digest = match envelope.signature_version.as_str() {
            "1" => Digest::Sha1,
            "2" => Digest::Sha256,
            _ => return Err(not_of_topic("SignatureVersion is neither 1 nor 2")),
        };
        let signature =
            STANDARD.decode(&envelope.signature).map_err(|_| not_of_topic("Signature is no Base64"))?;
        let address = self
            .address(&envelope.signing_cert_url)
            .filter(|url| url.path().ends_with(".pem") && url.query().is_none())
            .ok_or_else(|| not_of_topic("SigningCertURL is no certificate of the topic's region"))?;
        let certificate = self.certificate(&address).await?;
        if signature::is_genuine(&certificate, digest, envelope.signed_text().as_bytes(), &signature) {
            return Ok(());
        }
        Err(not_of_topic("the signature does not fit"))
    }

    async fn certificate(&self, address: &Url) -> Result<Bytes, EventRefusal> {
        if let Some(certificate) = self.certificates.get(address).await {
            return Ok(certificate);
        }
        let fetched = self.get(address).await?;
        // What is no certificate is not kept, and pushes no genuine one out.
        if signature::is_certificate(&fetched) {
            self.certificates.insert(address.clone(), fetched.clone()).await;
        }
        Ok(fetched)
    }

    async fn confirm(&self, envelope: &Envelope) -> Result<(), EventRefusal> {
        let address = envelope.subscribe_url.as_deref().and_then(|url| self.address(url));
        let address = address.ok_or_else(|| not_of_topic("SubscribeURL is not of the topic's region"))?;
        self.get(&address).await?;
        tracing::info!(topic = self.topic.arn, "the subscription to storage events is confirmed");
        Ok(())
    }

    async fn get(&self, address: &Url) -> Result<Bytes, EventRefusal> {
        let unavailable = |reason: &str| {
            EventRefusal::Unavailable(super::SnsFetchError {
                host: self.topic.host.clone(),
                reason: reason.to_owned(),
            })
        };
        let _place = self.places.try_acquire().map_err(|_| unavailable("too many requests at a time"))?;
        self.fetch.get(address).await.map_err(EventRefusal::Unavailable)
    }

    /// The address, if it leads to the topic's host and nowhere else.
    fn address(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let is_plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
        (url.scheme() == "https" && is_plain && url.host_str() == Some(self.topic.host.as_str()))
            .then_some(url)
    }
}

fn not_of_topic(why: &str) -> EventRefusal {
    EventRefusal::NotOfTopic(why.to_owned())
}
