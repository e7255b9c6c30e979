//! What is lost, killed or wiped, and comes back.

use serde_json::json;
use telecine_db::jobs::{self, NewJob};
use telecine_model::JobState;
use telecine_tests::node::Node;
use telecine_tests::redis::Redis;

use super::bench::{Bench, QUEUE, row_id, told, with_id};
use crate::eventually_async;

/// A killed worker's job is with another one after this time at the latest.
const TAKEOVER_MS: i64 = 15_000;

#[tokio::test]
async fn the_job_of_a_killed_worker_is_run_by_another_within_15_seconds() {
    let Some(mut bench) = Bench::start().await else { return };
    let Some(mut other) = Node::start(&bench.redis) else { return };
    // With the lock that ours take; a killed process of ours is tried in `flow/`.
    let opts = json!({ "lockDuration": 8000, "stalledInterval": 3000 });
    other.queue(6, QUEUE).start_worker(opts).await;
    let data = with_id("one", json!({ "wait": 600_000, "return": 1 }));
    let id = bench.node.queue(6, QUEUE).add("tell", data, json!({})).await;
    other.event("started", &id).await;
    let worker = bench.worker();
    drop(other);
    let killed_at = bench.clock.now_ms();
    let (started, at) = bench.started().await;
    assert_eq!(started, "one");
    assert!(at - killed_at < TAKEOVER_MS, "after {} ms", at - killed_at);
    let row = jobs::find(bench.db.read(), &row_id(&id)).await.unwrap().expect("a row");
    assert_eq!((row.state, row.stalled), (JobState::Active, 1));
    drop(worker);
}

#[tokio::test]
async fn everything_that_waits_comes_back_when_redis_is_wiped() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let run_at = bench.clock.now_ms() + 8000;
    bench.add(told("running", json!({ "wait": 4000, "return": "done" }))).await;
    bench.started().await;
    for id in ["first", "second"] {
        bench.add(told(id, json!({}))).await;
    }
    bench.add(NewJob { run_at, ..told("later", json!({})) }).await;
    bench.node.queue(6, QUEUE).job_in("later", "delayed").await;
    let marked = async || jobs::unrelayed(bench.db.read(), 1).await.unwrap().is_empty();
    assert!(eventually_async(marked).await);

    bench.redis.flush_all();
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(bench.started().await);
    }
    let ids: Vec<&str> = order.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["first", "second", "later"]);
    assert!(order[2].1 >= run_at, "not before its time");
    let row = bench.row_in("running", JobState::Completed).await;
    assert_eq!((row.token, row.result.as_deref()), (1, Some("\"done\"")), "the running one is not run again");
    worker.shutdown().await;
}

#[tokio::test]
async fn a_job_whose_end_redis_has_forgotten_is_not_run_again_but_one_that_is_retried_is() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let data = with_id("one", json!({ "failTimes": 1, "return": 7 }));
    let id = bench.node.queue(6, QUEUE).add("tell", data, json!({ "attempts": 3 })).await;
    assert_eq!((bench.started().await.0, bench.started().await.0), ("one".into(), "one".into()));
    bench.node.queue(6, QUEUE).job_in(&id, "completed").await;
    let row = bench.row_in(&row_id(&id), JobState::Completed).await;
    assert_eq!((row.attempts_made, row.token), (1, 2));

    forget_the_end(&bench, &id);
    let told_again = bench.node.queue(6, QUEUE).job_in(&id, "completed").await;
    assert_eq!(told_again["returnvalue"], 7);
    assert_eq!(bench.row_in(&row_id(&id), JobState::Completed).await.token, 2, "nobody has run it again");

    bench.node.queue(6, QUEUE).call("retry", json!({ "job": id, "state": "completed" })).await;
    assert_eq!(bench.started().await.0, "one", "the first start since");
    worker.shutdown().await;
}

#[tokio::test]
async fn nor_is_one_that_was_handed_back_before_it_ended() {
    let Some(mut bench) = Bench::start().await else { return };
    let data = with_id("one", json!({ "return": 7 }));
    let id = bench.node.queue(6, QUEUE).add("tell", data, json!({ "attempts": 3 })).await;
    // Another worker had it and gave it back, which is a start and no attempt.
    bench.redis.command(&["HSET", &format!("bull:{QUEUE}:{id}"), "ats", "1"]);
    let worker = bench.worker();
    bench.started().await;
    let job = bench.node.queue(6, QUEUE).job_in(&id, "completed").await;
    assert_eq!(job["attemptsStarted"], 2);
    bench.row_in(&row_id(&id), JobState::Completed).await;

    forget_the_end(&bench, &id);
    let told_again = bench.node.queue(6, QUEUE).job_in(&id, "completed").await;
    assert_eq!(told_again["returnvalue"], 7);
    assert_eq!(bench.row_in(&row_id(&id), JobState::Completed).await.token, 1, "nobody has run it again");
    worker.shutdown().await;
}

#[tokio::test]
async fn a_new_job_under_an_old_id_runs_with_its_own_data() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let opts = json!({ "jobId": "again", "removeOnComplete": true, "attempts": 2 });
    let first = with_id("first", json!({ "return": 1 }));
    bench.node.queue(6, QUEUE).add("tell", first, opts.clone()).await;
    assert_eq!(bench.started().await.0, "first");
    let row = bench.row_in(&row_id("again"), JobState::Completed).await;
    let removed = bench.node.queue(6, QUEUE).job_until("again", serde_json::Value::is_null).await;
    assert!(removed.is_null());

    // Whatever its code sees first, nothing but its own data.
    let second = with_id("second", json!({ "wait": 50, "failTimes": 1, "return": 2 }));
    bench.node.queue(6, QUEUE).add("tell", second, opts).await;
    let ended = bench.node.queue(6, QUEUE).job_until("again", serde_json::Value::is_null).await;
    assert!(ended.is_null());
    let rows = jobs::unrelayed(bench.db.read(), 10).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
    let filter = jobs::Filter {
        queue: Some(QUEUE.into()),
        states: vec![JobState::Completed],
        limit: 10,
        ..jobs::Filter::default()
    };
    let completed = || async { jobs::list(bench.db.read(), &filter).await.unwrap() };
    assert!(eventually_async(async || completed().await.len() == 2).await, "{:?}", completed().await);
    let results: Vec<_> = completed().await.into_iter().map(|job| (job.id, job.result.unwrap())).collect();
    assert!(results.contains(&(row.id, "1".into())), "{results:?}");
    assert!(results.iter().any(|(_, result)| result == "2"), "{results:?}");
    for _ in 0..2 {
        assert_eq!(bench.started().await.0, "second");
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn a_failing_run_in_a_wiped_redis_is_tried_again() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    let job = told("one", json!({ "wait": 1500, "failTimes": 1, "return": 2 }));
    bench.add(NewJob { max_attempts: 2, ..job }).await;
    let foreign = json!({ "wait": 1500, "failTimes": 1, "return": 2 });
    bench.started().await;
    bench.redis.flush_all();
    assert_eq!(bench.started().await.0, "one");
    let row = bench.row_in("one", JobState::Completed).await;
    assert_eq!((row.attempts_made, row.result.as_deref()), (1, Some("2")));
    // A job of Node that has been claimed once comes back too, under another id.
    let data = with_id("foreign", foreign);
    let id = bench.node.queue(6, QUEUE).add("tell", data, json!({ "attempts": 2 })).await;
    bench.started().await;
    bench.redis.flush_all();
    assert_eq!(bench.started().await.0, "foreign");
    bench.row_in(&row_id(&id), JobState::Completed).await;
    worker.shutdown().await;
}

#[tokio::test]
async fn a_killed_redis_that_comes_back_finds_its_worker() {
    let Some(redis) = Redis::start_persistent() else { return };
    let Some(bench) = Bench::on(redis).await else { return };
    let worker = bench.worker();
    bench.add(told("before", json!({}))).await;
    bench.row_in("before", JobState::Completed).await;
    let mut bench = bench.with_redis(|redis| {
        let redis = redis.killed_and_started_again();
        assert_eq!(redis.command(&["PING"]), "+PONG");
        redis
    });
    bench.started().await;
    let before = bench.clock.now_ms();
    bench.add(told("after", json!({}))).await;
    let (started, at) = bench.started().await;
    assert_eq!(started, "after");
    assert!(at - before < 10_000, "after {} ms", at - before);
    worker.shutdown().await;
}

#[tokio::test]
async fn jobs_wait_in_the_database_while_redis_is_away() {
    let Some(bench) = Bench::start().await else { return };
    bench.redis.freeze();
    let worker = bench.worker();
    bench.add(told("one", json!({}))).await;
    assert!(jobs::find(bench.db.read(), "one").await.unwrap().is_some());
    bench.redis.thaw();
    bench.row_in("one", JobState::Completed).await;
    worker.shutdown().await;
}

#[tokio::test]
async fn a_job_that_ended_before_its_worker_died_is_not_run_again() {
    let Some(mut bench) = Bench::start().await else { return };
    let worker = bench.worker();
    bench.add(told("one", json!({ "return": "once" }))).await;
    bench.started().await;
    bench.row_in("one", JobState::Completed).await;
    bench.node.queue(6, QUEUE).job_in("one", "completed").await;
    // As if the worker had died between the row and Redis: the job is active, without a lock, and has stalled.
    let key = |name: &str| format!("bull:{QUEUE}:{name}");
    bench.redis.command(&["ZREM", &key("completed"), "one"]);
    bench.redis.command(&["HDEL", &key("one"), "returnvalue", "finishedOn"]);
    bench.redis.command(&["LPUSH", &key("active"), "one"]);
    bench.redis.command(&["SADD", &key("stalled"), "one"]);
    let job = bench.node.queue(6, QUEUE).job_in("one", "completed").await;
    assert_eq!((&job["returnvalue"], &job["stalledCounter"]), (&json!("once"), &json!(1)));
    let row = jobs::find(bench.db.read(), "one").await.unwrap().unwrap();
    assert_eq!((row.token, row.stalled), (1, 1), "one start");
    // Node may still ask for it.
    bench.node.queue(6, QUEUE).call("retry", json!({ "job": "one", "state": "completed" })).await;
    assert_eq!(bench.started().await.0, "one");
    worker.shutdown().await;
}

#[tokio::test]
async fn jobs_that_a_pause_of_version_5_has_lost_come_back() {
    let Some(mut bench) = Bench::start().await else { return };
    // The one way to lose jobs when versions are mixed: 6 pauses, 5 adds, 5 resumes.
    let worker = bench.worker_elsewhere();
    for id in ["first", "second"] {
        bench.add(told(id, json!({}))).await;
        bench.node.queue(6, QUEUE).job_in(id, "waiting").await;
    }
    worker.shutdown().await;
    bench.node.queue(6, QUEUE).call("pause", json!({})).await;
    let third = bench.node.queue(5, QUEUE).add("tell", with_id("third", json!({})), json!({})).await;
    bench.node.queue(5, QUEUE).call("resume", json!({})).await;
    let job = bench.node.queue(6, QUEUE).job("first").await;
    assert_eq!(job["state"], "unknown", "the job is in no list");
    bench.node.queue(6, QUEUE).job_in(&third, "waiting").await;
    bench.let_settle().await;
    let worker = bench.worker();
    let mut ids = [bench.started().await.0, bench.started().await.0, bench.started().await.0];
    ids.sort();
    assert_eq!(ids, ["first", "second", "third"]);
    worker.shutdown().await;
}

#[tokio::test]
async fn a_job_whose_row_has_gone_is_not_run() {
    let Some(mut bench) = Bench::start().await else { return };
    bench.node.queue(6, QUEUE).call("pause", json!({})).await;
    let worker = bench.worker();
    bench.add(told("gone", json!({}))).await;
    bench.node.queue(6, QUEUE).job_in("gone", "waiting").await;
    let tx = bench.begin().await;
    assert!(jobs::remove_idle(&tx, "gone", bench.clock.now_ms()).await.unwrap());
    tx.commit().await.unwrap();
    bench.node.queue(6, QUEUE).call("resume", json!({})).await;
    bench.node.queue(6, QUEUE).job_in("gone", "completed").await;
    bench.add(told("after", json!({}))).await;
    assert_eq!(bench.started().await.0, "after");
    assert_eq!(bench.redis.command(&["ZCARD", &format!("bull:{QUEUE}:telecine")]), ":2");
    worker.shutdown().await;
}

/// Makes Redis as it was a second before, which is what a killed one with `appendfsync everysec` may go back to.
fn forget_the_end(bench: &Bench, id: &str) {
    let (hash, key) = (format!("bull:{QUEUE}:{id}"), |name: &str| format!("bull:{QUEUE}:{name}"));
    bench.redis.command(&["ZREM", &key("completed"), id]);
    bench.redis.command(&["HDEL", &hash, "finishedOn", "returnvalue"]);
    bench.redis.command(&["HINCRBY", &hash, "atm", "-1"]);
    bench.redis.command(&["LPUSH", &key("wait"), id]);
    bench.redis.command(&["ZADD", &key("marker"), "0", "0"]);
}
