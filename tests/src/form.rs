//! Browser forms with a signed policy, written from the specification like the other raw requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use telecine_model::{Clock as _, SystemClock};

use crate::raw_s3::{RawAnswer, RawRequest, RawS3, amz_date};

const BOUNDARY: &str = "----telecine-form";

/// A form under construction. Every field it has is allowed by its policy, unless the test says otherwise.
#[derive(Debug, Clone)]
pub struct Form {
    fields: Vec<(String, String)>,
    conditions: Vec<Value>,
    signed_at: Timestamp,
    expires_at: Timestamp,
    file: Option<Bytes>,
}

impl Form {
    /// A form for this key, signed now and good for an hour.
    #[must_use]
    pub fn new(key: &str, file: impl Into<Bytes>) -> Self {
        Self::empty(file).field("key", key)
    }

    /// A form for this key, of which the policy only says how it begins.
    #[must_use]
    pub fn under(prefix: &str, key: &str, file: impl Into<Bytes>) -> Self {
        Self::empty(file).condition(json!(["starts-with", "$key", prefix])).stray_field("key", key)
    }

    fn empty(file: impl Into<Bytes>) -> Self {
        let now = SystemClock.now();
        Self {
            fields: Vec::new(),
            conditions: Vec::new(),
            signed_at: now,
            expires_at: now + std::time::Duration::from_secs(3600),
            file: Some(file.into()),
        }
    }

    /// Adds a field that the policy allows.
    #[must_use]
    pub fn field(self, name: &str, value: &str) -> Self {
        self.condition(json!({ name: value })).stray_field(name, value)
    }

    /// Adds a field of which the policy says nothing.
    #[must_use]
    pub fn stray_field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a condition to the policy.
    #[must_use]
    pub fn condition(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Sets the times of the signature and of the policy's end.
    #[must_use]
    pub fn at(mut self, signed: Timestamp, expires: Timestamp) -> Self {
        (self.signed_at, self.expires_at) = (signed, expires);
        self
    }

    /// Leaves the file out.
    #[must_use]
    pub fn without_file(mut self) -> Self {
        self.file = None;
        self
    }

    /// The form as it is posted to the bucket, not signed yet by header or query: the policy is signed.
    #[must_use]
    pub fn request(&self, s3: &RawS3) -> RawRequest {
        let date = amz_date(self.signed_at);
        let mut form = self
            .clone()
            .field("x-amz-algorithm", "AWS4-HMAC-SHA256")
            .field("x-amz-credential", &s3.credential(&date))
            .field("x-amz-date", &date)
            .condition(json!({ "bucket": s3.bucket_name() }));
        let expiration = form.expires_at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
        let policy = json!({ "expiration": expiration, "conditions": form.conditions });
        let policy = BASE64.encode(policy.to_string());
        form.fields.push(("x-amz-signature".to_owned(), s3.sign(&date, &policy)));
        form.fields.push(("policy".to_owned(), policy));
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        s3.bucket(Method::POST).header("content-type", &content_type).body(form.body())
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
        }
        if let Some(file) = &self.file {
            let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"my clip.mp4\"";
            let head = format!("--{BOUNDARY}\r\n{disposition}\r\nContent-Type: video/mp4\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body
    }
}

impl RawS3 {
    /// Signs the policy of a form and posts it.
    pub async fn post(&self, form: &Form) -> RawAnswer {
        self.send_unsigned(form.request(self)).await
    }
}
