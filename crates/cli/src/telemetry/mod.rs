//! OpenTelemetry: spans of requests and jobs, sent to a collector as OTLP in JSON over HTTP. Off unless an endpoint is set.
//!
//! The protocol is small and part of the standard, so it is spoken here; the crates for it would bring a dozen more and a
//! compiler of protocol buffers. A collector that is slow or gone costs spans, never time: the line to it has a limit.

mod export;
mod layer;
mod otlp;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::mpsc;
use url::Url;

pub(crate) use export::Exporter;
pub(crate) use layer::SpanLayer;

/// Spans that wait to be sent; what comes on top is dropped and counted.
const QUEUE: usize = 4096;

/// `[telemetry]` in telecine.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TelemetryConfig {
    /// The collector, such as `http://127.0.0.1:4318`; `/v1/traces` is added.
    pub(crate) otlp_endpoint: Option<Url>,
    /// Headers for it, as `name=value` with commas between them.
    pub(crate) otlp_headers: Option<SecretString>,
    /// What this deployment is called there.
    pub(crate) service_name: String,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { otlp_endpoint: None, otlp_headers: None, service_name: "telecine".into() }
    }
}

impl TelemetryConfig {
    /// Checks what the types cannot.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_usable = |url: &Url| matches!(url.scheme(), "http" | "https") && url.query().is_none();
        if self.otlp_endpoint.as_ref().is_some_and(|url| !is_usable(url)) {
            return Err(
                "telemetry.otlp_endpoint must be an http or https address without a query, such as http://127.0.0.1:4318"
                    .into(),
            );
        }
        self.headers().map(drop)
    }

    /// The headers, read; a value may be percent-encoded, as the standard says.
    fn headers(&self) -> Result<http::HeaderMap, String> {
        let text = self.otlp_headers.as_ref().map_or("", ExposeSecret::expose_secret);
        let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
        let read = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8().ok()?;
            let mut value = http::HeaderValue::from_str(&value).ok()?;
            value.set_sensitive(true);
            Some((http::HeaderName::from_bytes(name.trim().as_bytes()).ok()?, value))
        };
        let headers: Option<_> = pairs.map(read).collect();
        headers.ok_or_else(|| "telemetry.otlp_headers must look like name=value,name=value".to_owned())
    }
}

/// What watches spans, and what sends them; `None` when no endpoint is set.
pub(crate) fn start(config: &TelemetryConfig) -> Option<(SpanLayer, Exporter)> {
    let endpoint = config.otlp_endpoint.as_ref()?;
    let address = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
    let (sender, receiver) = mpsc::channel(QUEUE);
    let headers = config.headers().unwrap_or_default();
    Some((SpanLayer::new(sender), Exporter::new(address, headers, config.service_name.clone(), receiver)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_the_standard_writes_them() {
        let with = |text: &str| TelemetryConfig {
            otlp_headers: Some(text.to_owned().into()),
            ..TelemetryConfig::default()
        };
        let headers = with("api-key=abc, Authorization=Basic%20eDp5").headers().unwrap();
        assert_eq!(
            (&headers["api-key"], &headers["authorization"]),
            (&"abc".parse().unwrap(), &"Basic eDp5".parse().unwrap())
        );
        assert!(with("").headers().unwrap().is_empty());
        for wrong in ["abc", "a b=c", "a=%0a"] {
            assert!(with(wrong).check().is_err_and(|sentence| !sentence.contains(wrong)), "{wrong}");
        }
    }
}
