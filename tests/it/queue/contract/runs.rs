//! How runs end, and what is left of them.

use serde_json::json;
use telecine_db::jobs::{self, Backoff, BackoffKind, NewJob};
use telecine_model::JobState;

use super::world::{Event, World, on_every_engine, told};

on_every_engine!(
    a_result_of_any_language_is_kept,
    a_failing_job_is_tried_again_after_waits_that_double,
    a_fixed_backoff_stays_the_same_and_jitter_shortens_it,
    a_hopeless_failure_is_not_tried_again,
    a_panic_costs_one_attempt_and_the_worker_goes_on,
    a_run_ends_with_its_own_time_limit,
    progress_and_log_can_be_read_while_the_job_runs,
    a_worker_that_ends_lets_short_runs_end_and_hands_long_ones_back,
    the_job_of_a_worker_that_died_is_run_by_another_within_15_seconds,
);

async fn a_result_of_any_language_is_kept(mut world: World) {
    let worker = world.worker();
    let returned = json!({ "title": "Grüße, 世界 🎬", "numbers": [1, 2.5, null] });
    world.add(told("ünï-1", json!({ "returned": returned }))).await;
    world.started().await;
    let row = world.until_state("ünï-1", JobState::Completed).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&row.result.unwrap()).unwrap(), returned);
    assert_eq!((row.progress, row.attempts_made, row.failure), (1.0, 0, None));
    worker.shutdown().await;
}

async fn a_failing_job_is_tried_again_after_waits_that_double(mut world: World) {
    let worker = world.worker();
    let job = told("one", json!({ "fail_times": 9 }));
    world.add(NewJob { max_attempts: 3, backoff: Backoff::exponential(400), ..job }).await;
    let mut starts = Vec::new();
    for _ in 0..3 {
        starts.push(world.started().await.1);
    }
    world.expect(Event::Failed { id: "one".into(), code: "internal_error".into() }).await;
    let (first, second) = (starts[1] - starts[0], starts[2] - starts[1]);
    assert!((400..1300).contains(&first) && (800..1700).contains(&second), "{first} and {second} ms");
    let row = world.until_state("one", JobState::Failed).await;
    assert_eq!((row.attempts_made, row.failure.unwrap().message.as_str()), (3, "failure 3"));
    let attempts = jobs::attempts_of(world.db.read(), "one").await.unwrap();
    let reasons: Vec<_> = attempts.iter().map(|attempt| attempt.failure.clone().unwrap().message).collect();
    assert_eq!(reasons, ["failure 1", "failure 2", "failure 3"]);
    let last = &attempts[2];
    assert_eq!((last.worker.as_deref(), last.outcome.as_str()), (Some("ours"), "failed"));
    assert!(last.started_at.is_some_and(|started| started <= last.ended_at));
    assert_eq!(last.failure.clone().unwrap().detail.as_deref(), Some("the last words of a tool"));
    worker.shutdown().await;
}

async fn a_fixed_backoff_stays_the_same_and_jitter_shortens_it(mut world: World) {
    let worker = world.worker();
    let backoff = Backoff { base_ms: 600, kind: BackoffKind::Fixed, jitter: 0.5 };
    world.add(NewJob { max_attempts: 4, backoff, ..told("one", json!({ "fail_times": 3 })) }).await;
    let mut starts = Vec::new();
    for _ in 0..4 {
        starts.push(world.started().await.1);
    }
    let waits: Vec<i64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.iter().all(|wait| (300..1500).contains(wait)), "{waits:?}");
    world.until_state("one", JobState::Completed).await;
    worker.shutdown().await;
}

async fn a_hopeless_failure_is_not_tried_again(mut world: World) {
    let worker = world.worker();
    world.add(NewJob { max_attempts: 5, ..told("one", json!({ "hopeless": true })) }).await;
    world.started().await;
    world.expect(Event::Failed { id: "one".into(), code: "internal_error".into() }).await;
    let row = world.until_state("one", JobState::Failed).await;
    assert_eq!(row.attempts_made, 1);
    worker.shutdown().await;
    assert!(world.is_quiet());
}

async fn a_panic_costs_one_attempt_and_the_worker_goes_on(mut world: World) {
    let worker = world.worker_with(1, Default::default());
    world.add(NewJob { max_attempts: 2, ..told("one", json!({ "panic": true })) }).await;
    assert_eq!(world.starts(2).await, ["one", "one"]);
    world.expect(Event::Failed { id: "one".into(), code: "internal_error".into() }).await;
    world.add(told("two", json!({}))).await;
    assert_eq!(world.started().await.0, "two");
    world.until_state("two", JobState::Completed).await;
    assert_eq!(world.until_state("one", JobState::Failed).await.attempts_made, 2);
    worker.shutdown().await;
}

async fn a_run_ends_with_its_own_time_limit(mut world: World) {
    let worker = world.worker();
    world.add(NewJob { timeout_ms: Some(300), ..told("one", json!({ "endless": true })) }).await;
    world.started().await;
    world.expect(Event::Stopped("one".into())).await;
    world.expect(Event::Failed { id: "one".into(), code: "job_timeout".into() }).await;
    world.until_state("one", JobState::Failed).await;
    worker.shutdown().await;
}

async fn progress_and_log_can_be_read_while_the_job_runs(mut world: World) {
    let worker = world.worker_called("ours", 4, Default::default(), 0);
    let report = json!({ "step": "encode", "segment": 7 });
    let data = json!({ "progress": 0.25, "report": report, "log": ["first", "second"], "endless": true });
    world.add(told("one", data)).await;
    world.started().await;
    let row = world.until("one", |row| row.progress > 0.0).await;
    assert_eq!((row.state, row.progress), (JobState::Active, 0.25));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&row.progress_data.unwrap()).unwrap(), report);
    let details = world.queues().find("one").await.unwrap();
    let lines: Vec<_> = details.log.iter().map(|line| (line.number, line.line.as_str())).collect();
    assert_eq!(lines, [(1, "first"), (2, "second")]);
    worker.shutdown().await;
}

async fn a_worker_that_ends_lets_short_runs_end_and_hands_long_ones_back(mut world: World) {
    let worker = world.worker_called("first", 2, Default::default(), 2);
    world.add(told("short", json!({ "wait": 500 }))).await;
    world.add(NewJob { max_attempts: 2, ..told("long", json!({ "endless": true })) }).await;
    let mut begun = world.starts(2).await;
    begun.sort_unstable();
    assert_eq!(begun, ["long", "short"]);
    worker.shutdown().await;
    world.expect(Event::Stopped("long".into())).await;
    assert_eq!(world.until_state("short", JobState::Completed).await.attempts_made, 0);
    let row = world.until_state("long", JobState::Waiting).await;
    assert_eq!((row.attempts_made, row.stalled), (0, 0), "nobody is to blame");
    let worker = world.worker_called("second", 2, Default::default(), 0);
    assert_eq!(world.started().await.0, "long");
    worker.shutdown().await;
}

async fn the_job_of_a_worker_that_died_is_run_by_another_within_15_seconds(mut world: World) {
    let doomed = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let handle = {
        let _inside = doomed.enter();
        world.worker_called("doomed", 1, Default::default(), 0)
    };
    world.add(told("one", json!({ "endless": true }))).await;
    let (_, first) = world.started().await;
    // All at once and without a word, as a killed process.
    doomed.shutdown_background();
    std::mem::forget(handle);
    let worker = world.worker_called("heir", 1, Default::default(), 0);
    let (id, second) = loop {
        if let Event::Started { id, at_ms } = world.next().await {
            break (id, at_ms);
        }
    };
    assert_eq!(id, "one");
    assert!(second - first < 15_000, "after {} ms", second - first);
    let row = world.until_state("one", JobState::Active).await;
    assert_eq!((row.stalled, row.attempts_made, row.worker.as_deref()), (1, 0, Some("heir")));
    worker.shutdown().await;
}
