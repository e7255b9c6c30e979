//! What people do with jobs of a server whose jobs BullMQ hands out.

use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::Client;
use telecine_tests::media;
use telecine_tests::node::Node;
use telecine_tests::redis::Redis;

use crate::{eventually_async, home};

#[tokio::test]
async fn jobs_on_redis_are_looked_at_and_put_right_by_routes_and_commands() {
    let Some(redis) = Redis::start_persistent() else { return };
    let mut home = home();
    home.set("REDIS_URL", &redis.url());
    let server = home.serve().await;
    let client = &server.client;
    let video = client.upload(&media::file("truncated_no_moov.mp4")).await;
    assert_eq!(client.finished(&video).await["failure"]["code"], "video_truncated");
    let id = format!("process-video-{video}");
    let failed = client.get(&format!("jobs/{id}")).await.expect(StatusCode::OK);
    assert_eq!((&failed["state"], &failed["failure"]["code"]), (&json!("failed"), &json!("video_truncated")));

    post(client, "queues/video-processing/pause").await.expect(StatusCode::OK);
    let jobs = |args: &[&str]| {
        let mut command = home.command(&[&["jobs"], args].concat());
        let output =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("the binary starts");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(jobs(&["retry", &id]), format!("{id} waits again\n"));
    let queues: Value = serde_json::from_str(&jobs(&["queues", "--json"])).unwrap();
    let queue = queues.as_array().unwrap().iter().find(|queue| queue["name"] == "video-processing").unwrap();
    assert_eq!((&queue["paused"], &queue["waiting"]), (&json!(true), &json!(1)));
    assert_eq!(client.get(&format!("videos/{video}")).await.json["status"], "processing");

    let other = client.upload(&media::file("one_frame.mp4")).await;
    let cancelled = post(client, &format!("jobs/process-video-{other}/cancel")).await;
    assert_eq!(cancelled.status, StatusCode::NO_CONTENT, "{}", cancelled.json);
    assert_eq!(client.finished(&other).await["failure"]["code"], "cancelled");
    let retried = post(client, &format!("jobs/process-video-{other}/retry")).await;
    assert_eq!(retried.status, StatusCode::NO_CONTENT, "{}", retried.json);

    jobs(&["resume", "video-processing"]);
    assert_eq!(client.finished(&other).await["status"], "ready");
    assert_eq!(client.finished(&video).await["failure"]["code"], "video_truncated");
}

#[tokio::test]
async fn jobs_of_others_are_counted_while_only_redis_has_them_and_checked_when_they_are_taken() {
    let Some(redis) = Redis::start_persistent() else { return };
    let Some(mut node) = Node::start(&redis) else { return };
    let mut home = home();
    home.set("REDIS_URL", &redis.url());
    let server = home.serve().await;
    let client = &server.client;
    post(client, "queues/notifications/pause").await.expect(StatusCode::OK);
    let right = json!({ "userId": "u1", "type": "WELCOME", "title": "Hello", "message": "Nice to see you" });
    let wrong = json!({ "userId": "u1", "type": "WELCOME", "message": "Nice to see you" });
    node.queue(6, "notifications").add("in-app", right, json!({})).await;
    node.queue(5, "notifications").add("in-app", wrong, json!({ "attempts": 3 })).await;
    let queue = client.get("queues/notifications").await.expect(StatusCode::OK);
    assert_eq!((&queue["waiting"], &queue["active"]), (&json!(2), &json!(0)));
    let metrics = client.http.get(format!("{}/metrics/prometheus", client.origin()));
    let metrics = metrics.bearer_auth(client.token()).send().await.unwrap().text().await.unwrap();
    let sample = r#"telecine_queue_jobs{queue="notifications",state="waiting"} 2"#;
    assert!(metrics.lines().any(|line| line == sample), "{metrics}");

    post(client, "queues/notifications/resume").await.expect(StatusCode::OK);
    let jobs = async |state: &str| {
        let path = format!("queues/notifications/jobs?state={state}");
        client.get(&path).await.expect(StatusCode::OK)["items"].as_array().unwrap().clone()
    };
    let are_taken = async || jobs("failed").await.len() == 1 && jobs("delayed").await.len() == 1;
    assert!(
        eventually_async(are_taken).await,
        "the wrong one fails, the right one waits for a newer release"
    );
    let failure = &jobs("failed").await[0]["failure"];
    assert_eq!(failure["code"], "invalid_payload");
    assert!(failure["message"].as_str().unwrap().contains("title is missing"), "{failure}");
}

async fn post(client: &Client, path: &str) -> telecine_tests::client::Answer {
    client.call(Method::POST, path, None).await
}
