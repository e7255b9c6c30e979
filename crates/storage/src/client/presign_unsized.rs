//! Presigned requests for bytes whose number the client does not announce: a form with a policy that bounds it, a part,
//! and a PUT for storage that takes no forms. Arithmetic only, like the others.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac as _;
use jiff::Timestamp;
use rusty_s3::S3Action as _;
use serde_json::json;
use url::Url;

use super::presign::{MAX_LIFE, PresignedRequest};
use super::{ObjectStore, check_key};
use crate::error::StoreError;
use crate::policy_signature::policy_mac;

/// The largest object that one form may bring: 5 GiB, as one PUT.
const MAX_FORM_BYTES: u64 = 5 * 1024 * 1024 * 1024;
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Forms are answered with an XML document that names the object, as Companion asks for.
const FORM_STATUS: &str = "201";
/// Cloudflare R2 answers forms with 501.
const HOSTS_WITHOUT_FORMS: &str = ".r2.cloudflarestorage.com";

/// A form that a browser can post: the fields in this order, then the file as `file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedForm {
    /// Where the form goes: the bucket. Nothing secret is in it.
    pub url: Url,
    /// Name and value of each field. Whoever has them may post the form: never log them.
    pub fields: Vec<(&'static str, String)>,
}

impl ObjectStore {
    /// Whether the storage takes forms.
    #[must_use]
    pub fn takes_forms(&self) -> bool {
        let host = self.inner.public_bucket.base_url().host_str().unwrap_or_default();
        !host.ends_with(HOSTS_WITHOUT_FORMS)
    }

    /// The name of the bucket.
    #[must_use]
    pub fn bucket_name(&self) -> &str {
        self.inner.public_bucket.name()
    }

    /// The object's plain address, unsigned: it names the object and opens nothing that is private.
    #[must_use]
    pub fn public_address(&self, key: &str) -> Url {
        self.inner.public_bucket.object_url(key)
    }

    /// A form for an object of exactly this key and type, with 1 to `max_bytes` bytes; 5 GiB at most.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_form(
        &self,
        key: &str,
        content_type: &str,
        max_bytes: u64,
        life: Duration,
    ) -> Result<PresignedForm, StoreError> {
        check_key("presign form", key)?;
        let (bucket, credentials, now) =
            (&self.inner.public_bucket, &self.inner.credentials, self.inner.clock.now());
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = &date[..8];
        let mut fields = vec![
            ("key", key.to_owned()),
            ("content-type", content_type.to_owned()),
            ("success_action_status", FORM_STATUS.to_owned()),
            ("x-amz-algorithm", ALGORITHM.to_owned()),
            ("x-amz-credential", format!("{}/{day}/{}/s3/aws4_request", credentials.key(), bucket.region())),
            ("x-amz-date", date.clone()),
        ];
        if let Some(token) = credentials.token() {
            fields.push(("x-amz-security-token", token.to_owned()));
        }
        let policy = policy(bucket.name(), &fields, max_bytes.min(MAX_FORM_BYTES), now + life.min(MAX_LIFE));
        let signature = policy_mac(credentials.secret(), day, bucket.region(), &policy);
        let signature = hex::encode(signature.finalize().into_bytes());
        fields.extend([("policy", policy), ("x-amz-signature", signature)]);
        let mut url = bucket.base_url().clone();
        url.set_path(url.path().to_owned().trim_end_matches('/'));
        Ok(PresignedForm { url, fields })
    }

    /// A PUT of part `number` with any number of bytes.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_free_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u16,
        life: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        check_key("presign part", key)?;
        let action =
            self.inner.public_bucket.upload_part(Some(&self.inner.credentials), key, number, upload_id);
        let url = action.sign_with_time(life.min(MAX_LIFE), &self.inner.clock.now());
        Ok(PresignedRequest { url, headers: Vec::new() })
    }

    /// A PUT of this type with any number of bytes.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_free_put(
        &self,
        key: &str,
        content_type: &str,
        life: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        check_key("presign put", key)?;
        let mut action = self.inner.public_bucket.put_object(Some(&self.inner.credentials), key);
        action.headers_mut().insert("content-type", content_type);
        let url = action.sign_with_time(life.min(MAX_LIFE), &self.inner.clock.now());
        Ok(PresignedRequest { url, headers: vec![("content-type".to_owned(), content_type.to_owned())] })
    }
}

/// The policy that storage compares the form with, in Base64: every field is to be exactly so.
fn policy(bucket: &str, fields: &[(&'static str, String)], max_bytes: u64, expires_at: Timestamp) -> String {
    let mut conditions = vec![json!({ "bucket": bucket }), json!(["content-length-range", 1, max_bytes])];
    conditions.extend(fields.iter().map(|(name, value)| json!(["eq", format!("${name}"), value])));
    let expiration = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    STANDARD.encode(json!({ "expiration": expiration, "conditions": conditions }).to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;
    use telecine_model::ManualClock;

    use super::*;
    use crate::config::StorageConfig;

    const HOUR: Duration = Duration::from_secs(3600);

    fn store(endpoint: &str) -> ObjectStore {
        let clock = Arc::new(ManualClock::starting_at("2026-11-03T12:00:00Z".parse().unwrap()));
        let config = StorageConfig {
            endpoint: Some(endpoint.parse().unwrap()),
            access_key_id: Some("AKIATEST".to_owned()),
            secret_access_key: Some("secret".into()),
            ..StorageConfig::default()
        };
        ObjectStore::new(&config, clock).unwrap()
    }

    #[test]
    fn a_policy_holds_every_field_but_its_own_signature() {
        let form = store("https://s3.example").presign_form("videos/a", "video/mp4", 1000, HOUR).unwrap();
        assert_eq!(form.url.as_str(), "https://s3.example/telecine");
        let field = |name: &str| &form.fields.iter().find(|(found, _)| *found == name).unwrap().1;
        let policy: Value = serde_json::from_slice(&STANDARD.decode(field("policy")).unwrap()).unwrap();
        assert_eq!(policy["expiration"], "2026-11-03T13:00:00Z");
        let conditions = policy["conditions"].as_array().unwrap();
        for wanted in [
            json!({ "bucket": "telecine" }),
            json!(["content-length-range", 1, 1000]),
            json!(["eq", "$key", "videos/a"]),
            json!(["eq", "$content-type", "video/mp4"]),
            json!(["eq", "$x-amz-credential", "AKIATEST/20261103/us-east-1/s3/aws4_request"]),
        ] {
            assert!(conditions.contains(&wanted), "{wanted} in {policy}");
        }
        assert_eq!(field("x-amz-signature").len(), 64);
    }

    #[test]
    fn a_policy_is_signed_as_the_example_of_aws_is() {
        // "Examples: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)".
        let policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
        let signed = policy_mac("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20151229", "us-east-1", policy)
            .finalize()
            .into_bytes();
        assert_eq!(hex::encode(signed), "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    }

    #[test]
    fn no_form_is_larger_than_s3_takes_and_r2_gets_none() {
        let aws = store("https://s3.us-east-1.amazonaws.com");
        let form = aws.presign_form("a", "video/mp4", u64::MAX, HOUR).unwrap();
        let policy = form.fields.iter().find(|(name, _)| *name == "policy").unwrap();
        let policy = String::from_utf8(STANDARD.decode(&policy.1).unwrap()).unwrap();
        assert!(policy.contains("5368709120"), "{policy}");
        assert!(aws.takes_forms());
        assert!(!store("https://account.r2.cloudflarestorage.com").takes_forms());
    }

    #[test]
    fn unsized_requests_sign_no_length() {
        let store = store("https://s3.example");
        let part = store.presign_free_part("a", "id", 7, HOUR).unwrap();
        assert!(
            part.url.as_str().contains("partNumber=7") && part.url.as_str().contains("SignedHeaders=host&")
        );
        let put = store.presign_free_put("a", "video/mp4", HOUR).unwrap();
        assert!(put.url.as_str().contains("SignedHeaders=content-type%3Bhost&"), "{}", put.url);
    }
}
