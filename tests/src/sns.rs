//! A double of Amazon SNS: it signs messages, and serves its certificate and confirmations.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use telecine_app::storage_events::{SnsFetch, SnsFetchError};
use tempfile::TempDir;
use url::Url;

/// The topic of the double.
pub const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:uploads";
const HOST: &str = "https://sns.eu-central-1.amazonaws.com";

/// Signs with a key of its own, made for one test.
pub struct SnsDouble {
    folder: TempDir,
    certificate: Vec<u8>,
    asked: Mutex<Vec<String>>,
}

impl SnsDouble {
    /// A double with a new key; `None`, with the reason printed, where there is no openssl.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let made = openssl(folder.path())
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=sns.amazonaws.com",
            ])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .output();
        let Ok(made) = made else {
            println!("skipped: there is no openssl to sign as SNS does (apt-get install openssl)");
            return None;
        };
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        let certificate = std::fs::read(folder.path().join("certificate.pem")).expect("the certificate");
        Some(Self { folder, certificate, asked: Mutex::default() })
    }

    /// The addresses that were fetched.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test has panicked").clone()
    }

    /// A genuine notification with this message.
    pub fn notification(&self, message: &Value, version: &str) -> Value {
        self.signed(
            json!({ "Type": "Notification", "Message": message.to_string(), "Subject": "Amazon S3 Notification" }),
            version,
        )
    }

    /// A genuine request to confirm the subscription.
    pub fn subscription_confirmation(&self) -> Value {
        self.signed(
            json!({
                "Type": "SubscriptionConfirmation",
                "Message": "You have chosen to subscribe",
                "Token": "2336412f37",
                "SubscribeURL": format!("{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"),
            }),
            "1",
        )
    }

    /// The envelope with what every message has, and its signature.
    pub fn signed(&self, mut envelope: Value, version: &str) -> Value {
        let common = json!({
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "Timestamp": "2026-11-21T12:00:00.000Z",
            "TopicArn": TOPIC,
            "SignatureVersion": version,
            "SigningCertURL": format!("{HOST}/SimpleNotificationService-0123456789abcdef.pem"),
        });
        for (name, value) in common.as_object().expect("an object") {
            envelope.as_object_mut().expect("an object").entry(name).or_insert(value.clone());
        }
        let names: &[&str] = match envelope["Type"].as_str() {
            Some("Notification") => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
            _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
        };
        let lines = names.iter().filter_map(|name| Some(format!("{name}\n{}\n", envelope[*name].as_str()?)));
        let text: String = lines.collect();
        let digest = if version == "1" { "-sha1" } else { "-sha256" };
        envelope["Signature"] = STANDARD.encode(self.sign(digest, text.as_bytes())).into();
        envelope
    }

    fn sign(&self, digest: &str, text: &[u8]) -> Vec<u8> {
        std::fs::write(self.folder.path().join("text"), text).expect("a file");
        let mut command = openssl(self.folder.path());
        let signed =
            command.args(["dgst", digest, "-sign", "key.pem", "text"]).output().expect("openssl runs");
        assert!(signed.status.success(), "openssl: {}", String::from_utf8_lossy(&signed.stderr));
        signed.stdout
    }
}

#[async_trait]
impl SnsFetch for SnsDouble {
    async fn get(&self, url: &Url) -> Result<Bytes, SnsFetchError> {
        self.asked.lock().expect("no test has panicked").push(url.to_string());
        if url.path() == "/SimpleNotificationService-0123456789abcdef.pem" {
            return Ok(self.certificate.clone().into());
        }
        if url.query().is_some_and(|query| query.contains("ConfirmSubscription")) {
            return Ok(Bytes::from_static(b"<ConfirmSubscriptionResponse/>"));
        }
        Err(SnsFetchError { host: "sns.eu-central-1.amazonaws.com".into(), reason: "status 404".into() })
    }
}

fn openssl(folder: &Path) -> Command {
    let mut command = Command::new("openssl");
    command.current_dir(folder).stdin(Stdio::null());
    command
}
