//! Numbers for dashboards and Prometheus.

use reqwest::StatusCode;
use serde_json::Value;
use telecine_tests::client::answer;
use telecine_tests::media;
use telecine_tests::server::Server;

use crate::home;

async fn read(server: &Server, path: &str, accept: &str) -> (String, String) {
    let request = server.client.http.get(format!("{}{path}", server.client.origin()));
    let found = request.bearer_auth(server.client.token()).header("accept", accept).send().await.unwrap();
    assert_eq!(found.status(), StatusCode::OK, "{path}");
    let content_type = found.headers()["content-type"].to_str().unwrap().to_owned();
    (content_type, found.text().await.unwrap())
}

/// The value of a sample, such as `telecine_jobs_active` or `x{a="b"}`.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn metrics_are_json_for_people_and_text_for_prometheus() {
    let mut home = home();
    let server = home.serve().await;
    server.client.get("videos").await.expect(StatusCode::OK);
    for accept in ["*/*", "application/json", "text/html,*/*"] {
        let (content_type, json) = read(&server, "/metrics", accept).await;
        assert_eq!(content_type, "application/json", "{accept}");
        let metrics: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(metrics["status"], "healthy");
        for number in ["/uptime", "/memory/rss", "/cpu/own", "/http/requests"] {
            assert!(
                metrics.pointer(number).is_some_and(|number| number.as_f64() > Some(0.0)),
                "{number}: {metrics}"
            );
        }
        let queue = &metrics["queues"]["video-processing"];
        assert_eq!(
            (queue["waiting"].as_u64(), queue["paused"].as_bool()),
            (Some(0), Some(false)),
            "{metrics}"
        );
        for number in ["/jobs/completed", "/jobs/failed", "/jobs/retried", "/jobs/active"] {
            assert!(metrics.pointer(number).is_some_and(Value::is_u64), "{number}: {metrics}");
        }
    }
    let of_prometheus = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    for (path, accept) in
        [("/metrics", "text/plain"), ("/metrics", of_prometheus), ("/metrics/prometheus", "*/*")]
    {
        let (content_type, text) = read(&server, path, accept).await;
        assert!(content_type.starts_with("text/plain; version=0.0.4"), "{content_type}");
        assert!(value(&text, "process_resident_memory_bytes") > Some(1e6), "{text}");
        let listed = r#"telecine_http_requests_total{method="GET",route="/api/v1/videos",status="200"}"#;
        assert_eq!(value(&text, listed), Some(1.0), "{text}");
        assert!(value(&text, r#"telecine_http_request_seconds_count{route="/api/v1/videos"}"#) == Some(1.0));
    }
}

#[tokio::test]
async fn every_line_for_prometheus_is_a_comment_or_a_sample_of_a_family_that_was_described() {
    let mut home = home();
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    server.client.finished(&video_id).await;
    let (_, text) = read(&server, "/metrics/prometheus", "*/*").await;
    let mut families = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name.to_owned()), "described twice: {line}");
        } else if !line.starts_with("# HELP ") {
            let (sample, number) = line.rsplit_once(' ').unwrap();
            assert!(number.parse::<f64>().is_ok(), "{line}");
            let name = sample.split('{').next().unwrap();
            let family =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(families.contains(family) || families.contains(name), "{line}");
        }
    }
    assert!(families.len() > 5, "{families:?}");
}

#[tokio::test]
async fn jobs_are_counted_by_queue_kind_and_outcome() {
    let mut home = home();
    home.set("MAX_RETRIES", "1").set("BACKOFF_DELAY", "1").set("FFPROBE_PATH", "/nowhere/ffprobe");
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    assert_eq!(server.client.finished(&video_id).await["status"], "failed");
    // The run is counted a moment after its end has been stored.
    let is_counted =
        async || read(&server, "/metrics/prometheus", "*/*").await.1.contains("outcome=\"failed\"");
    assert!(crate::eventually_async(is_counted).await);
    let (_, text) = read(&server, "/metrics/prometheus", "*/*").await;
    let runs = |outcome: &str| {
        let labels = format!(r#"{{queue="video-processing",kind="process-video",outcome="{outcome}"}}"#);
        value(&text, &format!("telecine_jobs_total{labels}"))
    };
    assert_eq!((runs("retried"), runs("failed"), runs("completed")), (Some(1.0), Some(1.0), None), "{text}");
    let of_kind = r#"{queue="video-processing",kind="process-video"}"#;
    assert_eq!(value(&text, &format!("telecine_job_run_seconds_count{of_kind}")), Some(2.0), "{text}");
    let waited = r#"telecine_job_wait_seconds_count{queue="video-processing"}"#;
    assert_eq!(value(&text, waited), Some(2.0), "{text}");
    let dead = r#"telecine_queue_jobs{queue="video-processing",state="failed"}"#;
    assert_eq!(value(&text, dead), Some(1.0), "{text}");
    let (_, json) = read(&server, "/metrics", "*/*").await;
    let metrics: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&metrics["jobs"]["retried"], &metrics["jobs"]["failed"]),
        (&1.into(), &1.into()),
        "{metrics}"
    );
}

#[tokio::test]
async fn metrics_need_a_token_until_the_settings_open_them() {
    let mut home = home();
    let server = home.serve().await;
    let metrics =
        |server: &Server| server.client.http.get(format!("{}/metrics", server.client.origin())).send();
    answer(metrics(&server).await.unwrap()).await.expect_problem(401, "unauthorized");
    assert!(server.stop().success());
    home.set("METRICS_OPEN", "true");
    let server = home.serve().await;
    assert_eq!(metrics(&server).await.unwrap().status(), StatusCode::OK);
}
