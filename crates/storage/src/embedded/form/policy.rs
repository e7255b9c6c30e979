//! The policy of a form: what its signer allows, as JSON in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use s3s::{S3Error, S3Result, s3_error};
use serde::Deserialize;
use serde_json::Value;

use super::fields::Fields;
use crate::embedded::receive::{Length, MAX_BODY_BYTES};

/// A policy whose signature has been checked.
pub(super) struct Policy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Equals { field: String, value: String },
    StartsWith { field: String, prefix: String },
    LengthWithin { min: u64, max: u64 },
}

/// The document as it is written.
#[derive(Deserialize)]
struct Document {
    expiration: String,
    conditions: Vec<Value>,
}

impl Policy {
    /// The policy in the form. Errors: a document that is none.
    pub(super) fn of(fields: &Fields) -> S3Result<Self> {
        let json =
            BASE64.decode(fields.get("policy").unwrap_or("")).map_err(|_| invalid("it is not base64"))?;
        let document: Document = serde_json::from_slice(&json)
            .map_err(|_| invalid("it is not JSON with an expiration and conditions"))?;
        let expiration =
            document.expiration.parse().map_err(|_| invalid("its expiration is no time in ISO 8601"))?;
        let mut conditions = Vec::new();
        for condition in &document.conditions {
            conditions
                .extend(parse(condition).ok_or_else(|| invalid("it has a condition of an unknown form"))?);
        }
        Ok(Self { expiration, conditions })
    }

    /// Whether the form is what was allowed: still, all of it, and nothing beside it. Errors: AccessDenied.
    pub(super) fn check(&self, fields: &Fields, bucket: &str, now: Timestamp) -> S3Result<()> {
        if now >= self.expiration {
            return Err(denied("it has expired"));
        }
        let value = |field: &str| if field == "bucket" { Some(bucket) } else { fields.get(field) };
        for condition in &self.conditions {
            let holds = match condition {
                Condition::Equals { field, value: wanted } => value(field) == Some(wanted),
                Condition::StartsWith { field, prefix } => value(field).unwrap_or("").starts_with(prefix),
                Condition::LengthWithin { .. } => true,
            };
            if !holds {
                return Err(denied(&format!("the condition on {} does not hold", condition.field())));
            }
        }
        if fields.get("bucket").is_some_and(|named| named != bucket) {
            return Err(denied("the form names another bucket than its address"));
        }
        match fields.names().find(|name| !is_free(name) && !self.is_about(name)) {
            Some(name) => Err(denied(&format!("it does not allow the field {name}"))),
            None => Ok(()),
        }
    }

    /// How long the file may be: what all conditions allow, and never more than a PUT.
    pub(super) fn length(&self) -> Length {
        let (mut lowest, mut highest) = (0, MAX_BODY_BYTES);
        for condition in &self.conditions {
            if let Condition::LengthWithin { min, max } = condition {
                (lowest, highest) = (lowest.max(*min), highest.min(*max));
            }
        }
        Length::Within { min: lowest, max: highest }
    }

    fn is_about(&self, name: &str) -> bool {
        self.conditions.iter().any(|condition| condition.field() == name)
    }
}

impl Condition {
    fn field(&self) -> &str {
        match self {
            Self::Equals { field, .. } | Self::StartsWith { field, .. } => field,
            Self::LengthWithin { .. } => "content-length-range",
        }
    }
}

/// Fields that no policy has to name: the proof itself, and what nobody reads.
fn is_free(name: &str) -> bool {
    matches!(name, "policy" | "x-amz-signature") || name.starts_with("x-ignore-")
}

/// `{"field": "value"}`, `["eq", "$field", "value"]`, `["starts-with", "$field", "prefix"]` or
/// `["content-length-range", min, max]`.
fn parse(condition: &Value) -> Option<Vec<Condition>> {
    if let Some(object) = condition.as_object() {
        let equals = |(field, value): (&String, &Value)| {
            Some(Condition::Equals { field: field.to_ascii_lowercase(), value: value.as_str()?.to_owned() })
        };
        return object.iter().map(equals).collect();
    }
    let [kind, first, second] = condition.as_array()?.as_slice() else { return None };
    let field = || Some(first.as_str()?.strip_prefix('$')?.to_ascii_lowercase());
    let text = || Some(second.as_str()?.to_owned());
    let parsed = match kind.as_str()?.to_ascii_lowercase().as_str() {
        "eq" => Condition::Equals { field: field()?, value: text()? },
        "starts-with" => Condition::StartsWith { field: field()?, prefix: text()? },
        "content-length-range" => Condition::LengthWithin { min: number(first)?, max: number(second)? },
        _ => return None,
    };
    Some(vec![parsed])
}

/// Some signers write numbers as texts.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn invalid(what: &str) -> S3Error {
    s3_error!(InvalidPolicyDocument, "the policy of the form cannot be read: {what}")
}

fn denied(what: &str) -> S3Error {
    s3_error!(AccessDenied, "invalid according to the policy: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::form::fields::of;

    fn policy(conditions: &str) -> S3Result<Policy> {
        let json = format!("{{\"expiration\": \"2030-01-01T00:00:00.000Z\", \"conditions\": {conditions}}}");
        Policy::of(&of(&[("policy", &BASE64.encode(json))]))
    }

    fn check(conditions: &str, fields: &[(&str, &str)]) -> bool {
        let now = "2029-12-31T23:59:59Z".parse().unwrap();
        policy(conditions).unwrap().check(&of(fields), "media", now).is_ok()
    }

    #[test]
    fn every_condition_must_hold_and_every_field_must_be_named() {
        let conditions = r#"[{"bucket": "media"}, ["starts-with", "$Key", "u/"], ["eq", "$acl", "private"]]"#;
        assert!(check(
            conditions,
            &[("key", "u/1"), ("acl", "private"), ("x-ignore-me", ""), ("policy", "")]
        ));
        assert!(!check(conditions, &[("key", "v/1"), ("acl", "private")]));
        assert!(!check(conditions, &[("key", "u/1"), ("acl", "public-read")]));
        assert!(!check(conditions, &[("key", "u/1")]));
        assert!(!check(conditions, &[("key", "u/1"), ("acl", "private"), ("content-type", "x")]));
        assert!(!check(conditions, &[("key", "u/1"), ("acl", "private"), ("bucket", "other")]));
        assert!(!check(r#"[{"bucket": "other"}]"#, &[]));
        assert!(check(r#"[["starts-with", "$content-type", ""]]"#, &[("content-type", "video/mp4")]));
    }

    #[test]
    fn a_policy_ends_with_its_expiration() {
        let policy = policy("[]").unwrap();
        assert!(policy.check(&of(&[]), "media", "2030-01-01T00:00:00Z".parse().unwrap()).is_err());
    }

    #[test]
    fn the_length_is_what_all_conditions_allow() {
        let length = |conditions| policy(conditions).unwrap().length();
        assert_eq!(length("[]"), Length::Within { min: 0, max: MAX_BODY_BYTES });
        let two = r#"[["content-length-range", 1, 10], ["content-length-range", "5", "20"]]"#;
        assert_eq!(length(two), Length::Within { min: 5, max: 10 });
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for conditions in
            [r#"[["lt", "$key", "x"]]"#, r#"[["eq", "key", "x"]]"#, r#"[["eq", "$key"]]"#, "[1]", "{}"]
        {
            assert!(policy(conditions).is_err(), "{conditions}");
        }
        assert!(Policy::of(&of(&[("policy", "%")])).is_err());
        assert!(Policy::of(&of(&[])).is_err());
    }
}
