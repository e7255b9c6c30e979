//! Spans for an OpenTelemetry collector.

use serde_json::{Value, json};
use telecine_tests::origin::{Origin, Received, Reply};

use crate::home;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";

/// The spans in the requests to a collector.
fn spans(received: &[Received]) -> Vec<Value> {
    let document = |request: &Received| -> Value { serde_json::from_slice(&request.body).expect("JSON") };
    let spans = |document: Value| document["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned();
    received.iter().map(document).filter_map(spans).flatten().collect()
}

fn attribute<'span>(span: &'span Value, key: &str) -> &'span Value {
    let attributes = span["attributes"].as_array().expect("a list");
    attributes.iter().find(|attribute| attribute["key"] == key).map_or(&Value::Null, |found| &found["value"])
}

#[tokio::test]
async fn a_request_becomes_a_span_of_the_trace_that_it_belongs_to() {
    let collector = Origin::start(|_| async { Reply::ok("{}") }).await;
    let mut home = home();
    home.set("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())
        .set("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hush")
        .set("OTEL_SERVICE_NAME", "media")
        .set("LOG_LEVEL", "debug");
    let server = home.serve().await;
    let (http, origin) = (&server.client.http, server.client.origin());
    let unknown = format!("{origin}/api/v1/videos/01900000-0000-7000-8000-000000000000");
    let request = http.get(unknown).bearer_auth(server.client.token());
    let answer = request.header("traceparent", format!("00-{TRACE_ID}-{PARENT_ID}-01")).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    http.get(format!("{origin}/health")).send().await.unwrap();
    // The collector answers on this thread.
    let stopped = tokio::task::spawn_blocking(|| server.stop()).await.unwrap();
    assert!(stopped.success(), "what is left is sent at the end");

    let received = collector.received();
    for request in &received {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/traces"));
        assert!(
            request.head.contains("api-key: hush") && request.head.contains("content-type: application/json")
        );
        let document: Value = serde_json::from_slice(&request.body).unwrap();
        let service = &document["resourceSpans"][0]["resource"]["attributes"][0];
        assert_eq!(service, &json!({ "key": "service.name", "value": { "stringValue": "media" } }));
    }
    let spans = spans(&received);
    let span = spans.iter().find(|span| span["traceId"] == TRACE_ID).expect("the span");
    assert_eq!((span["name"].as_str(), span["kind"].as_i64()), (Some("GET /api/v1/videos/{id}"), Some(2)));
    assert_eq!(span["parentSpanId"], PARENT_ID);
    assert_eq!(attribute(span, "http.response.status_code"), &json!({ "intValue": "404" }));
    assert_eq!(attribute(span, "http.route"), &json!({ "stringValue": "/api/v1/videos/{id}" }));
    let time =
        |name: &str| span[name].as_str().and_then(|time| time.parse::<u64>().ok()).expect("nanoseconds");
    assert!(time("startTimeUnixNano") < time("endTimeUnixNano"), "{span}");
    assert!(span["status"].is_null(), "404 is the client's mistake: {span}");
    assert!(!spans.iter().any(|span| attribute(span, "url.path") == &json!({ "stringValue": "/health" })));
    assert!(!home.log().contains("hush"));
}

#[tokio::test]
async fn a_collector_that_is_gone_or_hangs_is_told_of_once_and_costs_no_request() {
    let hanging = Origin::start(|_| std::future::pending::<Reply>()).await;
    for (endpoint, words) in
        [("http://127.0.0.1:1".to_owned(), "spans cannot be sent"), (hanging.url.to_string(), "")]
    {
        let mut home = home();
        home.set("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
        let server = home.serve().await;
        for _ in 0..20 {
            server.client.get("videos").await.expect(reqwest::StatusCode::OK);
        }
        let is_told = || words.is_empty() || home.log().contains(words);
        assert!(crate::eventually(is_told).await, "{}", home.log());
        let asked = std::time::Instant::now();
        assert!(server.stop().success());
        assert!(asked.elapsed() < std::time::Duration::from_secs(10), "{:?}", asked.elapsed());
        assert!(home.log().matches("spans cannot be sent").count() <= 1, "{}", home.log());
    }
}
