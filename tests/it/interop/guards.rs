//! The weak places of the library, each with what is done about it.

use serde_json::json;
use telecine_model::JobState;
use telecine_queue::{EvictionPolicy, QueueConfig, eviction_policy};

use super::bench::{Bench, QUEUE, row_id, told, with_id};

#[tokio::test]
async fn a_panic_fails_the_job_and_the_worker_goes_on() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let opts = json!({ "attempts": 2, "backoff": 10 });
    let id = bench.node.queue(6, QUEUE).add("tell", json!({ "panic": true }), opts).await;
    let job = bench.node.queue(6, QUEUE).job_in(&id, "failed").await;
    assert_eq!((&job["attemptsMade"], job["failedReason"].is_string()), (&json!(2), true));
    bench.node.queue(6, QUEUE).add("tell", with_id("next", json!({})), json!({})).await;
    let starts = [bench.started().await.0, bench.started().await.0, bench.started().await.0];
    assert_eq!(starts, ["", "", "next"]);
    worker.shutdown().await;
}

#[tokio::test]
async fn an_option_that_the_library_cannot_read_costs_no_retry() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    for odd in [
        json!({ "removeOnFail": -1 }),
        json!({ "removeOnFail": { "count": -1 } }),
        json!({ "removeOnComplete": { "age": 0.5 } }),
        json!({ "backoff": { "type": "fixed", "delay": 20.5 } }),
        json!({ "timestamp": 1_700_000_000_000.5 }),
    ] {
        let mut opts = odd.clone();
        opts["attempts"] = json!(3);
        let data = with_id("odd", json!({ "failTimes": 2, "return": "third time lucky" }));
        let id = bench.node.queue(6, QUEUE).add("tell", data, opts).await;
        for _ in 0..3 {
            bench.started().await;
        }
        let row = bench.row_in(&row_id(&id), JobState::Completed).await;
        assert_eq!((row.max_attempts, row.attempts_made), (3, 2), "{odd}");
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn a_backoff_of_a_kind_that_only_node_knows_does_not_burn_all_attempts_at_once() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let opts = json!({ "attempts": 3, "backoff": { "type": "fibonacci", "delay": 600 } });
    bench.node.queue(6, QUEUE).add("tell", json!({ "throw": "no" }), opts).await;
    let starts = [bench.started().await.1, bench.started().await.1, bench.started().await.1];
    assert!(starts[1] - starts[0] >= 600 && starts[2] - starts[1] >= 1200, "{starts:?}");
    worker.shutdown().await;
}

#[tokio::test]
async fn jitter_of_a_backoff_is_kept() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker_with(8, telecine_queue::QueueLimits::default());
    let opts = json!({ "attempts": 2, "backoff": { "type": "fixed", "delay": 3000, "jitter": 1 } });
    let jobs: Vec<_> =
        (0..8).map(|_| json!({ "name": "tell", "data": { "failTimes": 1 }, "opts": opts })).collect();
    bench.node.queue(6, QUEUE).add_bulk(json!(jobs)).await;
    let mut starts = Vec::new();
    for _ in 0..16 {
        starts.push(bench.started().await.1);
    }
    starts.sort_unstable();
    let first_retry = starts[8] - starts[0];
    assert!(first_retry < 2500, "of eight retries within 3 s at random, one comes early: {starts:?}");
    worker.shutdown().await;
}

#[tokio::test]
async fn data_that_are_not_what_the_kind_needs_are_refused_with_a_sentence() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let opts = json!({ "attempts": 3 });
    for data in [json!({ "wait": "long" }), json!("text"), json!([1, 2]), json!(null)] {
        let id = bench.node.queue(6, QUEUE).add("tell", data.clone(), opts.clone()).await;
        let job = bench.node.queue(6, QUEUE).job_in(&id, "failed").await;
        let reason = job["failedReason"].as_str().unwrap_or_default();
        assert!(
            reason.starts_with("The job's data are not what this kind of job needs."),
            "{data}: {reason}"
        );
        assert_eq!(job["attemptsMade"], 1, "{data}: another run cannot help");
    }
    // What is no JSON at all can only be put there by hand.
    bench.node.queue(6, QUEUE).call("pause", json!({})).await;
    let id = bench.node.queue(6, QUEUE).add("tell", json!({}), opts).await;
    bench.redis.command(&["HSET", &format!("bull:{QUEUE}:{id}"), "data", "{broken"]);
    bench.node.queue(6, QUEUE).call("resume", json!({})).await;
    let row = bench.row_in(&row_id(&id), JobState::Failed).await;
    let reason = row.failure.map(|failure| failure.message).unwrap_or_default();
    assert!(reason.starts_with("the job's data are not JSON"), "{reason}");
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_burns_the_cpu_keeps_its_lock() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    bench.node.queue(6, QUEUE).listen().await;
    // Longer than the lock, without a moment for anybody else.
    bench.add(told("burns", json!({ "burn": 12_000, "return": 1 }))).await;
    bench.node.event("completed", "burns").await;
    let row = bench.row_in("burns", JobState::Completed).await;
    assert_eq!((row.token, row.stalled), (1, 0), "one start");
    worker.shutdown().await;
}

#[tokio::test]
async fn the_event_stream_is_kept_short() {
    let Some(mut bench) = Bench::start().await else { return };
    // Node sets its own bound, 10 000, when it opens the queue; the last one counts.
    bench.node.queue(6, QUEUE).counts().await;
    let worker = bench.worker_with(10, telecine_queue::QueueLimits::default());
    let jobs: Vec<_> = (0..1500).map(|_| json!({ "name": "tell", "data": {} })).collect();
    let last = bench.node.queue(6, QUEUE).add_bulk(json!(jobs)).await.pop().unwrap();
    bench.node.queue(6, QUEUE).job_in(&last, "completed").await;
    let length = bench.redis.command(&["XLEN", &format!("bull:{QUEUE}:events")]);
    let length: u64 = length.trim_start_matches(':').parse().unwrap();
    assert!((1000..3000).contains(&length), "{length} events");
    let kept = bench.node.queue(6, QUEUE).counts().await;
    assert!(kept["completed"].as_u64().is_some_and(|kept| kept <= 1000), "{kept}");
    worker.shutdown().await;
}

#[tokio::test]
async fn a_redis_that_may_drop_jobs_is_told_from_one_that_keeps_them() {
    let Some(bench) = Bench::start().await else { return };
    assert_eq!(eviction_policy(&bench.config()).await, Ok(EvictionPolicy::Keeps));
    bench.redis.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    assert_eq!(eviction_policy(&bench.config()).await, Ok(EvictionPolicy::Drops("allkeys-lru".into())));
}

#[tokio::test]
async fn another_prefix_is_another_set_of_queues() {
    let Some(mut bench) = Bench::start().await else { return };
    let Some(mut node) = telecine_tests::node::Node::start_with_prefix(&bench.redis, "{theirs}") else {
        return;
    };
    let config = telecine_queue::BullMqConfig { prefix: "{theirs}".into(), ..bench.config() };
    let worker = bench.worker_at("ours", QueueConfig::default(), config);
    let unseen = bench.node.queue(6, QUEUE).add("tell", with_id("unseen", json!({})), json!({})).await;
    let id = node.queue(6, QUEUE).add("tell", with_id("seen", json!({})), json!({})).await;
    assert_eq!(bench.started().await.0, "seen");
    node.queue(6, QUEUE).job_in(&id, "completed").await;
    assert_eq!(bench.node.queue(6, QUEUE).job(&unseen).await["state"], "waiting");
    worker.shutdown().await;
}
