//! Jobs that Node adds and ours runs.

use serde_json::json;
use telecine_model::JobState;

use super::bench::{Bench, QUEUE, row_id, with_id};

const BOTH: [u8; 2] = [6, 5];

#[tokio::test]
async fn a_job_of_node_returns_its_result_to_node_and_gets_a_row() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    for version in BOTH {
        let data = json!({ "return": { "sum": 3, "word": "äöü 🎬" } });
        bench.node.queue(version, QUEUE).listen().await;
        let id = bench.node.queue(version, QUEUE).add("tell", data, json!({})).await;
        let result = bench.node.queue(version, QUEUE).finished(&id).await;
        assert_eq!(result, Ok(json!({ "sum": 3, "word": "äöü 🎬" })));
        let row = bench.row_in(&row_id(&id), JobState::Completed).await;
        assert_eq!((row.name.as_str(), row.foreign_id.as_deref(), row.token), ("tell", Some(id.as_str()), 1));
        assert_eq!(row.result.as_deref(), Some(r#"{"sum":3,"word":"äöü 🎬"}"#));
        let job = bench.node.queue(version, QUEUE).job(&id).await;
        assert_eq!((&job["state"], &job["attemptsMade"]), (&json!("completed"), &json!(1)));
        assert_eq!(job["processedBy"], "ours");
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn priorities_of_node_are_kept() {
    let Some(mut bench) = Bench::start().await else { return };
    let jobs: Vec<_> = [10, 1, 0, 5, 3]
        .map(|priority| {
            let data = with_id(&priority.to_string(), json!({}));
            json!({ "name": "tell", "data": data, "opts": { "priority": priority } })
        })
        .into();
    bench.node.queue(6, QUEUE).add_bulk(json!(jobs)).await;
    let worker = bench.worker();
    let mut order = Vec::new();
    for _ in 0..5 {
        order.push(bench.started().await.0);
    }
    assert_eq!(order, ["0", "1", "3", "5", "10"]);
    worker.shutdown().await;
}

#[tokio::test]
async fn a_failing_job_of_node_is_tried_again_after_its_own_backoff() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    for version in BOTH {
        let backoff = json!({ "type": "exponential", "delay": 300 });
        let opts = json!({ "attempts": 4, "backoff": backoff });
        let id = bench.node.queue(version, QUEUE).add("tell", json!({ "throw": "no luck" }), opts).await;
        let mut starts = Vec::new();
        for _ in 0..4 {
            starts.push(bench.started().await.1);
        }
        let gaps: Vec<i64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        for (gap, wanted) in gaps.iter().zip([300, 600, 1200]) {
            assert!((wanted..wanted + 1000).contains(gap), "{gaps:?} follow 300, 600, 1200");
        }
        let job = bench.node.queue(version, QUEUE).job_in(&id, "failed").await;
        assert_eq!((&job["attemptsMade"], &job["failedReason"]), (&json!(4), &json!("no luck")));
        let traces = job["stacktrace"].as_array().expect("stack traces");
        assert_eq!(traces.len(), 4, "one an attempt: {traces:?}");
        assert!(traces[0].as_str().is_some_and(|trace| trace.ends_with("    the last words of a tool")));
        let row = bench.row_in(&row_id(&id), JobState::Failed).await;
        assert_eq!((row.attempts_made, row.max_attempts), (4, 4));
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn a_fixed_backoff_arrives_and_the_reason_shows_between_two_attempts() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let opts = json!({ "attempts": 2, "backoff": 1500 });
    let id = bench.node.queue(6, QUEUE).add("tell", json!({ "failTimes": 1, "return": 7 }), opts).await;
    let (_, first) = bench.started().await;
    let job = bench.node.queue(6, QUEUE).job_in(&id, "delayed").await;
    assert_eq!((&job["failedReason"], &job["attemptsMade"]), (&json!("failure 1"), &json!(1)));
    let (_, second) = bench.started().await;
    assert!((1500..3000).contains(&(second - first)), "{} ms between the attempts", second - first);
    let job = bench.node.queue(6, QUEUE).job_in(&id, "completed").await;
    assert_eq!((&job["returnvalue"], &job["attemptsMade"]), (&json!(7), &json!(2)));
    worker.shutdown().await;
}

#[tokio::test]
async fn an_unrecoverable_failure_is_not_tried_again() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    bench.node.queue(5, QUEUE).listen().await;
    let opts = json!({ "attempts": 5, "backoff": 10 });
    let data = json!({ "unrecoverable": "never" });
    let id = bench.node.queue(5, QUEUE).add("tell", data, opts).await;
    assert_eq!(bench.node.queue(5, QUEUE).finished(&id).await, Err("never".to_owned()));
    let job = bench.node.queue(5, QUEUE).job(&id).await;
    assert_eq!(job["attemptsMade"], 1);
    worker.shutdown().await;
}

#[tokio::test]
async fn delays_are_kept_to_the_millisecond_almost() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    for (id, delay) in [("short", 700), ("long", 6000)] {
        let before = bench.clock.now_ms();
        let data = with_id(id, json!({}));
        bench.node.queue(6, QUEUE).add("tell", data, json!({ "delay": delay })).await;
        let (started, at) = bench.started().await;
        assert_eq!(started, id);
        assert!((delay..delay + 900).contains(&(at - before)), "{} ms instead of {delay}", at - before);
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn one_job_id_is_one_job() {
    let Some(mut bench) = Bench::start().await else { return };
    for _ in 0..2 {
        let opts = json!({ "jobId": "only-once" });
        let id = bench.node.queue(6, QUEUE).add("tell", with_id("one", json!({})), opts).await;
        assert_eq!(id, "only-once");
    }
    let worker = bench.worker();
    bench.node.queue(6, QUEUE).job_in("only-once", "completed").await;
    bench.node.queue(6, QUEUE).add("tell", with_id("two", json!({})), json!({})).await;
    assert_eq!((bench.started().await.0, bench.started().await.0), ("one".into(), "two".into()));
    worker.shutdown().await;
}

#[tokio::test]
async fn progress_and_logs_arrive_in_node() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    bench.node.queue(6, QUEUE).listen().await;
    let lines: Vec<String> = (1..=5).map(|line| format!("line {line}")).collect();
    let data = json!({ "log": lines, "progress": 40 });
    let id = bench.node.queue(6, QUEUE).add("tell", data, json!({ "keepLogs": 3 })).await;
    assert_eq!(bench.node.event("progress", &id).await["data"], 40);
    let job = bench.node.queue(6, QUEUE).job_in(&id, "completed").await;
    assert_eq!((&job["progress"], &job["logs"]), (&json!(40), &json!(["line 3", "line 4", "line 5"])));
    let data = json!({ "report": { "stage": "probe" } });
    let id = bench.node.queue(5, QUEUE).add("tell", data, json!({})).await;
    let job = bench.node.queue(5, QUEUE).job_in(&id, "completed").await;
    assert_eq!(job["progress"], json!({ "stage": "probe" }));
    worker.shutdown().await;
}

#[tokio::test]
async fn a_deduplicated_job_is_free_again_when_it_has_ended() {
    let Some(mut bench) = Bench::start().await else { return };
    let opts = json!({ "deduplication": { "id": "same" } });
    let first = bench.node.queue(6, QUEUE).add("tell", json!({}), opts.clone()).await;
    let second = bench.node.queue(6, QUEUE).add("tell", json!({}), opts.clone()).await;
    assert_eq!(first, second);
    let worker = bench.worker();
    bench.node.queue(6, QUEUE).job_in(&first, "completed").await;
    let third = bench.node.queue(6, QUEUE).add("tell", json!({}), opts).await;
    assert_ne!(first, third);
    bench.node.queue(6, QUEUE).job_in(&third, "completed").await;
    worker.shutdown().await;
}

#[tokio::test]
async fn removal_asked_for_by_a_job_is_done() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    bench.node.queue(6, QUEUE).listen().await;
    let opts = json!({ "removeOnComplete": true });
    let id = bench.node.queue(6, QUEUE).add("tell", json!({}), opts).await;
    bench.node.event("completed", &id).await;
    assert!(bench.node.queue(6, QUEUE).job(&id).await.is_null());
    for number in 0..4 {
        let opts = json!({ "removeOnComplete": { "count": 2 } });
        let data = with_id(&number.to_string(), json!({}));
        let id = bench.node.queue(6, QUEUE).add("tell", data, opts).await;
        bench.node.event("completed", &id).await;
    }
    assert_eq!(bench.node.queue(6, QUEUE).counts().await["completed"], 2);
    worker.shutdown().await;
}

#[tokio::test]
async fn a_flow_of_node_runs_children_first() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    for version in BOTH {
        bench.node.queue(version, QUEUE).listen().await;
        let child = |name: &str| json!({ "name": "tell", "queueName": QUEUE, "data": with_id(name, json!({ "return": name })) });
        let tree = json!({ "name": "tell", "queueName": QUEUE, "data": with_id("parent", json!({})),
            "children": [child("one"), child("two")] });
        let parent = bench.node.queue(version, QUEUE).flow(tree).await;
        let mut order = [bench.started().await.0, bench.started().await.0];
        order.sort();
        assert_eq!(order, ["one", "two"]);
        assert_eq!(bench.started().await.0, "parent");
        bench.node.queue(version, QUEUE).job_in(&parent, "completed").await;
        let values = bench.node.queue(version, QUEUE).call("childrenValues", json!({ "job": parent })).await;
        let mut values: Vec<_> = values.as_object().unwrap().values().cloned().collect();
        values.sort_by_key(ToString::to_string);
        assert_eq!(values, [json!("one"), json!("two")]);
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn a_failing_child_fails_its_parent_when_it_says_so() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let child = |opts| json!({ "name": "tell", "queueName": QUEUE, "data": { "throw": "no" }, "opts": opts });
    let tree = |opts| json!({ "name": "tell", "queueName": QUEUE, "data": with_id("parent", json!({})), "children": [child(opts)] });
    let parent = bench.node.queue(6, QUEUE).flow(tree(json!({ "failParentOnFailure": true }))).await;
    let job = bench.node.queue(6, QUEUE).job_in(&parent, "failed").await;
    assert!(job["failedReason"].as_str().is_some_and(|reason| reason.contains("failed")), "{job}");
    let tree = tree(json!({ "ignoreDependencyOnFailure": true }));
    let parent = bench.node.queue(6, QUEUE).flow(tree).await;
    bench.node.queue(6, QUEUE).job_in(&parent, "completed").await;
    worker.shutdown().await;
}

#[tokio::test]
async fn schedules_of_node_are_served() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    for version in BOTH {
        let id = format!("every-{version}");
        let template = json!({ "name": "tell", "data": with_id(&id, json!({})), "opts": { "attempts": 2 } });
        for _ in 0..3 {
            let repeat = json!({ "every": 500, "limit": 3 });
            let request = json!({ "scheduler": id, "repeat": repeat, "template": template });
            bench.node.queue(version, QUEUE).call("upsertJobScheduler", request).await;
        }
        let schedulers = bench.node.queue(version, QUEUE).call("jobSchedulers", json!({})).await;
        assert_eq!(schedulers.as_array().map(Vec::len), Some(1), "{schedulers}");
        let mut starts = Vec::new();
        for _ in 0..3 {
            let (started, at) = bench.started().await;
            assert_eq!(started, id);
            starts.push(at);
        }
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] < 1500), "{starts:?} follow each other");
        bench.node.queue(version, QUEUE).call("removeJobScheduler", json!({ "scheduler": id })).await;
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn node_sees_our_worker_and_the_board_shows_and_retries_its_failures() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let id =
        bench.node.queue(6, QUEUE).add("tell", with_id("one", json!({ "throw": "no" })), json!({})).await;
    bench.started().await;
    bench.node.queue(6, QUEUE).job_in(&id, "failed").await;
    let workers = bench.node.queue(6, QUEUE).call("workers", json!({})).await;
    assert!(workers.to_string().contains("ours"), "{workers}");
    let query = json!({ "activeQueue": QUEUE, "status": "failed" });
    let (status, body) = bench.node.queue(6, QUEUE).board("get", "/api/queues", json!({}), query).await;
    let shown = &body["queues"][0]["jobs"][0];
    assert_eq!((status, &shown["failedReason"]), (200, &json!("no")));
    assert_eq!(shown["stacktrace"].as_array().map(Vec::len), Some(1));
    let route = "/api/queues/:queueName/:jobId/retry";
    let (status, _) = bench.node.queue(6, QUEUE).board("put", route, json!({ "jobId": id }), json!({})).await;
    assert_eq!(status, 204);
    assert_eq!(bench.started().await.0, "one");
    worker.shutdown().await;
}
