//! How runs end, and what follows.

use std::time::Duration;

use telecine_db::{Db, jobs};
use telecine_model::JobState;
use telecine_tests::on_both_databases;

use super::bench::{Bench, Event, Script, TIMEOUT, started};

on_both_databases!(
    a_job_that_succeeds_is_completed,
    a_failing_job_is_tried_again_after_5_10_and_20_seconds,
    a_job_that_cannot_succeed_fails_at_once,
    a_panic_costs_one_attempt_and_the_worker_goes_on,
    a_panic_while_a_failure_is_noted_costs_no_place,
    a_snoozing_job_loses_no_attempt,
    progress_is_stored_with_the_heartbeat,
    a_cancelled_job_stops_and_its_row_goes,
    shutdown_hands_running_jobs_back_without_counting_an_attempt,
    a_job_may_complete_itself_with_its_result,
    a_run_that_is_too_long_is_stopped,
);

async fn a_job_that_succeeds_is_completed(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::Succeed).await;
    bench.expect(started("one")).await;
    let job = bench.until_state("one", "completed").await;
    assert_eq!((job.attempts_made, job.progress), (0, 1.0));
    assert!(job.finished_at.is_some());
    worker.shutdown().await;
}

async fn a_failing_job_is_tried_again_after_5_10_and_20_seconds(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::Retry).await;
    bench.expect(started("one")).await;
    for (attempt, wait) in [(1, 5), (2, 10), (3, 20)] {
        let job = bench.until("one", |job| job.state == "delayed" && job.attempts_made == attempt).await;
        assert_eq!(code(&job), Some("storage_unavailable"));
        bench.clock.advance(Duration::from_secs(wait - 1));
        bench.add(&format!("sign of life {attempt}"), Script::Succeed).await;
        bench.expect(started(&format!("sign of life {attempt}"))).await;
        bench.clock.advance(Duration::from_secs(1));
        bench.expect(started("one")).await;
    }
    bench.expect(Event::Failed("one".into(), "storage_unavailable".into())).await;
    let job = bench.until_state("one", "failed").await;
    assert_eq!(job.attempts_made, 4);
    worker.shutdown().await;
}

async fn a_job_that_cannot_succeed_fails_at_once(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::Fail).await;
    bench.expect(started("one")).await;
    bench.expect(Event::Failed("one".into(), "not_media".into())).await;
    let job = bench.until_state("one", "failed").await;
    assert_eq!(job.failure.unwrap(), telecine_model::FailureCode::NotMedia.into());
    worker.shutdown().await;
}

async fn a_panic_costs_one_attempt_and_the_worker_goes_on(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::Panic).await;
    bench.expect(started("one")).await;
    bench.until("one", |job| job.state == "delayed" && job.attempts_made == 1).await;
    bench.add("two", Script::Succeed).await;
    bench.expect(started("two")).await;
    bench.until_state("two", "completed").await;
    worker.shutdown().await;
}

async fn a_panic_while_a_failure_is_noted_costs_no_place(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    for id in ["one", "two", "three"] {
        bench.add(id, Script::FailBadly).await;
        bench.expect(started(id)).await;
    }
    bench.add("four", Script::Succeed).await;
    bench.expect(started("four")).await;
    worker.shutdown().await;
}

async fn a_snoozing_job_loses_no_attempt(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::Snooze(60)).await;
    for _ in 0..6 {
        bench.expect(started("one")).await;
        let job = bench.until_state("one", "delayed").await;
        assert_eq!(job.attempts_made, 0);
        bench.clock.advance(Duration::from_secs(60));
    }
    worker.shutdown().await;
}

async fn progress_is_stored_with_the_heartbeat(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::WaitAt(0.25)).await;
    bench.expect(started("one")).await;
    beat_until(&mut bench, Event::Progressed("one".into(), 0.25)).await;
    let job = bench.until("one", |job| job.progress == 0.25).await;
    assert_eq!(job.state, "active");
    worker.shutdown().await;
}

async fn a_cancelled_job_stops_and_its_row_goes(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("running", Script::WaitAt(0.5)).await;
    bench.expect(started("running")).await;
    bench.add_at("waiting", Script::Succeed, 3600).await;
    let tx = bench.db.begin().await.unwrap();
    for id in ["running", "waiting"] {
        jobs::cancel_by_subject(&tx, &format!("subject of {id}")).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(jobs::find(bench.db.read(), "waiting").await.unwrap().is_none());
    beat_until(&mut bench, Event::Stopped("running".into())).await;
    bench.until_gone("running").await;
    worker.shutdown().await;
}

async fn shutdown_hands_running_jobs_back_without_counting_an_attempt(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("first");
    bench.add("one", Script::WaitAt(0.5)).await;
    bench.expect(started("one")).await;
    worker.shutdown().await;
    bench.expect(Event::Stopped("one".into())).await;
    let job = jobs::find(bench.db.read(), "one").await.unwrap().unwrap();
    assert_eq!((job.state, job.attempts_made, job.stalled), (JobState::Waiting, 0, 0));
    let worker = bench.worker("second");
    bench.expect(started("one")).await;
    worker.shutdown().await;
}

async fn a_job_may_complete_itself_with_its_result(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::CompleteItself).await;
    bench.expect(started("one")).await;
    bench.until_state("one", "completed").await;
    worker.shutdown().await;
    assert_eq!(jobs::find(bench.db.read(), "one").await.unwrap().unwrap().state, "completed");
}

async fn a_run_that_is_too_long_is_stopped(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add("one", Script::WaitAt(0.5)).await;
    bench.expect(started("one")).await;
    bench.clock.advance(TIMEOUT);
    while bench.next().await != Event::Stopped("one".into()) {}
    let job = bench.until_state("one", "delayed").await;
    assert_eq!((code(&job), job.attempts_made), (Some("job_timeout"), 1));
    worker.shutdown().await;
}

/// Moves the clock by a second at a time, so that the lease is always prolonged in time, until the event comes.
async fn beat_until(bench: &mut Bench, wanted: Event) {
    for _ in 0..12 {
        bench.clock.advance(Duration::from_secs(1));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        while let Ok(event) = tokio::time::timeout(Duration::from_millis(100), bench.next()).await {
            if event == wanted {
                return;
            }
        }
    }
    panic!("{wanted:?} does not come");
}

fn code(job: &jobs::Job) -> Option<&str> {
    job.failure.as_ref().map(|failure| failure.code.as_str())
}
