//! Spans as OTLP writes them in JSON: opentelemetry.io/docs/specs/otlp, "JSON Protobuf encoding".

use std::fmt;

use serde_json::{Value, json};

/// A span that has ended.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Nanoseconds since 1970.
    pub(super) started_ns: i128,
    /// Nanoseconds since 1970.
    pub(super) ended_ns: i128,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
    pub(super) notes: Vec<Note>,
    pub(super) error: Option<String>,
}

/// 16 random bytes, not all of them 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceId([u8; 16]);

/// 8 random bytes, not all of them 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanId([u8; 8]);

/// The numbers are the protocol's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Internal = 1,
    Server = 2,
    Consumer = 5,
}

#[derive(Debug, Clone)]
pub(super) enum Attribute {
    Text(String),
    Number(i64),
    Flag(bool),
}

/// A warning or an error inside a span.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) at_ns: i128,
    pub(super) message: String,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
}

/// The body of a request to the collector.
pub(super) fn document(service: &str, spans: &[Span]) -> Value {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let version = env!("CARGO_PKG_VERSION");
    json!({ "resourceSpans": [{
        "resource": { "attributes": [text("service.name", service), text("service.version", version)] },
        "scopeSpans": [{
            "scope": { "name": "telecine", "version": version },
            "spans": spans.iter().map(Span::json).collect::<Vec<_>>(),
        }],
    }] })
}

impl Span {
    fn json(&self) -> Value {
        let mut span = json!({
            "traceId": self.trace_id.to_string(),
            "spanId": self.span_id.to_string(),
            "name": self.name,
            "kind": self.kind as u8,
            // 64-bit numbers are text in this encoding.
            "startTimeUnixNano": self.started_ns.to_string(),
            "endTimeUnixNano": self.ended_ns.to_string(),
            "attributes": attributes(&self.attributes),
            "events": self.notes.iter().map(Note::json).collect::<Vec<_>>(),
        });
        if let Some(parent) = self.parent {
            span["parentSpanId"] = parent.to_string().into();
        }
        if let Some(error) = &self.error {
            span["status"] = json!({ "code": 2, "message": error });
        }
        span
    }
}

impl Note {
    fn json(&self) -> Value {
        json!({
            "timeUnixNano": self.at_ns.to_string(),
            "name": self.message,
            "attributes": attributes(&self.attributes),
        })
    }
}

fn attributes(attributes: &[(&'static str, Attribute)]) -> Vec<Value> {
    let value = |attribute: &Attribute| match attribute {
        Attribute::Text(text) => json!({ "stringValue": text }),
        Attribute::Number(number) => json!({ "intValue": number.to_string() }),
        Attribute::Flag(flag) => json!({ "boolValue": flag }),
    };
    attributes.iter().map(|(key, attribute)| json!({ "key": key, "value": value(attribute) })).collect()
}

impl TraceId {
    pub(super) fn random() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

impl SpanId {
    pub(super) fn random() -> Self {
        let [a, b, c, d, e, f, _, _, _, g, h, ..] = uuid::Uuid::new_v4().into_bytes();
        Self([a, b, c, d, e, f, g, h])
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

/// Lower-case hexadecimal of the right length that is not 0.
fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 2 * N || !text.bytes().all(is_hex) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    (bytes != [0; N]).then_some(bytes)
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}
