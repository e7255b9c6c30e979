//! The driver itself: what the other tests believe it for.

use serde_json::json;
use telecine_tests::node::Node;
use telecine_tests::redis::Redis;

#[tokio::test]
async fn node_of_one_version_serves_the_jobs_of_the_other() {
    let Some(redis) = Redis::start() else { return };
    let Some(mut node) = Node::start(&redis) else { return };
    node.queue(6, "plain").listen().await;
    node.queue(6, "plain").start_worker(json!({ "concurrency": 2 })).await;
    let data = json!({ "log": ["äöü"], "progress": 40, "failTimes": 1, "return": { "sum": 3 } });
    let id = node.queue(5, "plain").add("add", data, json!({ "attempts": 2, "backoff": 10 })).await;
    node.event("started", &id).await;
    node.event("delayed", &id).await;
    let completed = node.event("completed", &id).await;
    assert_eq!(completed["returnvalue"], json!({ "sum": 3 }));
    let job = node.queue(5, "plain").job(&id).await;
    assert_eq!((&job["state"], &job["attemptsMade"]), (&json!("completed"), &json!(2)));
    assert_eq!((&job["logs"], &job["progress"]), (&json!(["äöü", "äöü"]), &json!(40)));

    let id = node.queue(5, "plain").add("add", json!({ "throw": "no" }), json!({})).await;
    assert_eq!(node.queue(6, "plain").finished(&id).await, Err("no".to_owned()));
    let counts = node.queue(6, "plain").counts().await;
    assert_eq!((&counts["completed"], &counts["failed"]), (&json!(1), &json!(1)));
    let query = json!({ "activeQueue": "plain" });
    let (status, body) = node.queue(6, "plain").board("get", "/api/queues", json!({}), query).await;
    assert_eq!((status, &body["queues"][0]["counts"]["failed"]), (200, &json!(1)));
    node.queue(6, "plain").stop_worker().await;
}

#[tokio::test]
async fn a_persistent_redis_keeps_its_jobs_when_it_is_killed() {
    let Some(redis) = Redis::start_persistent() else { return };
    assert_eq!(redis.command(&["SET", "key", "value"]), "+OK");
    let redis = redis.killed_and_started_again();
    assert_eq!(redis.command(&["GET", "key"]), "$5\r\nvalue");
    redis.flush_all();
    assert_eq!(redis.command(&["EXISTS", "key"]), ":0");
}
