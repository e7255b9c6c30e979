//! The signature of a form: one HMAC over the policy as it was sent.

use hmac::Mac as _;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use s3s::{S3Error, S3Result, s3_error};
use secrecy::ExposeSecret as _;

use super::fields::Fields;
use crate::embedded::credentials::Credentials;
use crate::policy_signature::policy_mac;

/// A signature of version 4 is good for seven days, whatever the policy says.
const MAX_AGE_SECONDS: i64 = 7 * 24 * 3600;

/// How far the signer's clock may be ahead of ours.
const MAX_AHEAD_SECONDS: i64 = 15 * 60;

/// Whether the policy was signed with this key pair. The policy's own expiration is for the policy to check.
/// Errors: AccessDenied without a signature, and what is wrong with one.
pub(super) fn check(fields: &Fields, credentials: &Credentials, now: Timestamp) -> S3Result<()> {
    if fields.get("signature").is_some() {
        return Err(s3_error!(NotImplemented, "forms are signed with version 4"));
    }
    let (Some(policy), Some(signature)) = (fields.get("policy"), fields.get("x-amz-signature")) else {
        return Err(s3_error!(AccessDenied, "the form has no signed policy"));
    };
    let field =
        |name: &str| fields.get(name).ok_or_else(|| s3_error!(AccessDenied, "the form has no field {name}"));
    if field("x-amz-algorithm")? != "AWS4-HMAC-SHA256" {
        return Err(s3_error!(NotImplemented, "forms are signed with AWS4-HMAC-SHA256"));
    }
    let date = field("x-amz-date")?;
    check_date(date, now)?;
    let scope = Scope::parse(field("x-amz-credential")?, date)?;
    if scope.access_key_id != credentials.access_key_id {
        return Err(s3_error!(InvalidAccessKeyId, "the form is signed with an unknown key"));
    }
    let secret = credentials.secret_access_key.expose_secret();
    // Compared in constant time.
    let sent = hex::decode(signature).unwrap_or_default();
    let expected = policy_mac(secret, scope.day, scope.region, policy);
    expected.verify_slice(&sent).map_err(|_| does_not_match())
}

fn check_date(date: &str, now: Timestamp) -> S3Result<()> {
    let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", date)
        .and_then(|date| date.to_zoned(TimeZone::UTC))
        .map_err(|_| s3_error!(AccessDenied, "x-amz-date is no time like 20261121T120000Z"))?;
    let age = now.as_second() - signed.timestamp().as_second();
    if !(-MAX_AHEAD_SECONDS..=MAX_AGE_SECONDS).contains(&age) {
        return Err(s3_error!(
            RequestTimeTooSkewed,
            "the form was signed too long ago, or by a clock that is ahead"
        ));
    }
    Ok(())
}

/// `key/day/region/s3/aws4_request`.
struct Scope<'a> {
    access_key_id: &'a str,
    day: &'a str,
    region: &'a str,
}

impl<'a> Scope<'a> {
    fn parse(text: &'a str, date: &str) -> S3Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [access_key_id, day, region, "s3", "aws4_request"] if date.starts_with(day) && day.len() == 8 => {
                Ok(Self { access_key_id, day, region })
            }
            _ => Err(s3_error!(
                AccessDenied,
                "x-amz-credential is not key/day/region/s3/aws4_request of x-amz-date"
            )),
        }
    }
}

fn does_not_match() -> S3Error {
    s3_error!(
        SignatureDoesNotMatch,
        "the policy of the form was signed with another secret, or changed since"
    )
}
