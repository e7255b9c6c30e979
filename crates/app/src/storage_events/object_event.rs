//! The events of AWS S3, MinIO and Cloudflare R2, reduced to what is used of them: an object that has arrived.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

/// An object that is said to have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectEvent {
    pub(super) bucket: String,
    pub(super) key: String,
}

/// AWS S3, and MinIO, which adds fields of its own beside.
#[derive(Deserialize)]
struct S3Message {
    #[serde(rename = "Records")]
    records: Vec<S3Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Record {
    event_name: String,
    s3: S3Entity,
}

#[derive(Deserialize)]
struct S3Entity {
    bucket: S3Bucket,
    object: S3Object,
}

#[derive(Deserialize)]
struct S3Bucket {
    name: String,
}

#[derive(Deserialize)]
struct S3Object {
    key: String,
}

/// Cloudflare R2, as a Worker takes it from its queue.
#[derive(Deserialize)]
struct R2Event {
    action: String,
    bucket: String,
    object: S3Object,
}

/// The objects that the document says have arrived; other events are left out.
pub(super) fn parse(document: &[u8]) -> Result<Vec<ObjectEvent>, String> {
    let value: Value = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    // What S3 sends when notifications are switched on.
    if value.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    if value.get("Records").is_some() {
        let message: S3Message = serde_json::from_value(value).map_err(|error| error.to_string())?;
        return Ok(message.records.into_iter().filter_map(S3Record::arrived).collect());
    }
    // A Worker may forward one event or a whole batch.
    let events = if value.is_array() { value } else { Value::Array(vec![value]) };
    let events: Vec<R2Event> = serde_json::from_value(events).map_err(|error| error.to_string())?;
    Ok(events.into_iter().filter_map(R2Event::arrived).collect())
}

impl S3Record {
    fn arrived(self) -> Option<ObjectEvent> {
        let name = self.event_name.strip_prefix("s3:").unwrap_or(&self.event_name);
        name.starts_with("ObjectCreated:")
            .then(|| ObjectEvent { bucket: self.s3.bucket.name, key: decoded(&self.s3.object.key) })
    }
}

impl R2Event {
    fn arrived(self) -> Option<ObjectEvent> {
        let is_arrival =
            matches!(self.action.as_str(), "PutObject" | "CopyObject" | "CompleteMultipartUpload");
        is_arrival.then_some(ObjectEvent { bucket: self.bucket, key: self.object.key })
    }
}

/// S3 encodes keys as forms do.
fn decoded(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(document: &Value) -> Result<Vec<String>, String> {
        let events = parse(document.to_string().as_bytes())?;
        assert!(events.iter().all(|event| event.bucket == "media"));
        Ok(events.into_iter().map(|event| event.key).collect())
    }

    fn record(name: &str, key: &str) -> Value {
        json!({ "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": name,
            "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": "media", "arn": "arn:aws:s3:::media" },
                "object": { "key": key, "size": 5, "eTag": "abc", "sequencer": "00" } } })
    }

    #[test]
    fn arrivals_are_read_from_every_form_and_other_events_left_out() {
        let aws = json!({ "Records": [
            record("ObjectCreated:Put", "videos/a+b%2Bc%C3%BC"),
            record("ObjectCreated:CompleteMultipartUpload", "two"),
            record("ObjectRemoved:Delete", "gone"),
        ] });
        assert_eq!(keys(&aws).unwrap(), ["videos/a b+cü", "two"]);
        let minio = json!({ "EventName": "s3:ObjectCreated:Put", "Key": "media/one",
            "Records": [record("s3:ObjectCreated:Put", "one"), record("s3:ObjectAccessed:Get", "read")] });
        assert_eq!(keys(&minio).unwrap(), ["one"]);
        let r2 = |action: &str| json!({ "account": "x", "action": action, "bucket": "media", "object": { "key": "a+b" } });
        assert_eq!(keys(&r2("PutObject")).unwrap(), ["a+b"], "R2 encodes nothing");
        assert_eq!(keys(&json!([r2("CompleteMultipartUpload"), r2("DeleteObject")])).unwrap(), ["a+b"]);
        let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "media" });
        assert_eq!(keys(&test).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for wrong in [
            json!(null),
            json!(5),
            json!({}),
            json!([[]]),
            json!({ "Records": {} }),
            json!({ "Records": [{ "eventName": "ObjectCreated:Put" }] }),
            json!({ "Records": [{ "eventName": 5, "s3": {} }] }),
            json!({ "action": "PutObject", "bucket": "media", "object": {} }),
        ] {
            assert!(parse(wrong.to_string().as_bytes()).is_err(), "{wrong}");
        }
        let deep = "[".repeat(100_000);
        for wrong in [b"".as_slice(), b"{", b"\xff\xfe", deep.as_bytes()] {
            assert!(parse(wrong).is_err());
        }
    }
}
