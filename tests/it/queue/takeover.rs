//! Workers that disappear: their jobs are taken over, and nothing they still do takes effect.

use std::time::Duration;

use telecine_db::Db;
use telecine_db::jobs::{self, Beat, Completion, Lease};
use telecine_model::{Clock, FailureCode, JobState};
use telecine_tests::database;
use telecine_tests::on_both_databases;

use super::bench::{Bench, Event, Script, started};

on_both_databases!(
    the_job_of_a_dead_worker_is_taken_over_after_its_lease,
    a_worker_that_lost_its_lease_changes_nothing_any_more,
    a_job_that_keeps_killing_its_workers_fails,
    a_cancelled_job_of_a_dead_worker_is_dropped,
);

/// Claims as a worker that then disappears.
async fn claim_and_die(bench: &Bench) -> Lease {
    let now = bench.clock.now_ms();
    let tx = bench.db.begin().await.unwrap();
    let job = database::claim(
        &tx,
        "scripted",
        1,
        jobs::Claimant { worker: "dead", now, lease_until: now + 15_000 },
    )
    .await
    .unwrap()
    .remove(0);
    tx.commit().await.unwrap();
    job.lease()
}

async fn the_job_of_a_dead_worker_is_taken_over_after_its_lease(db: Db) {
    let mut bench = Bench::new(db);
    bench.add("one", Script::Succeed).await;
    claim_and_die(&bench).await;
    let worker = bench.worker("alive");
    bench.add("other", Script::Succeed).await;
    bench.expect(started("other")).await;
    bench.until_state("other", "completed").await;
    assert!(bench.is_quiet(), "the lease still holds");
    bench.clock.advance(Duration::from_secs(16));
    bench.expect(started("one")).await;
    let job = bench.until_state("one", "completed").await;
    assert_eq!((job.stalled, job.attempts_made), (1, 0));
    worker.shutdown().await;
}

async fn a_worker_that_lost_its_lease_changes_nothing_any_more(db: Db) {
    let mut bench = Bench::new(db);
    bench.add("one", Script::WaitAt(0.5)).await;
    let stale = claim_and_die(&bench).await;
    bench.clock.advance(Duration::from_secs(16));
    let worker = bench.worker("alive");
    bench.expect(started("one")).await;

    let (now, failure) = (bench.clock.now_ms(), FailureCode::Internal.into());
    let tx = bench.db.begin().await.unwrap();
    assert!(!jobs::hold(&tx, &stale).await.unwrap());
    assert_eq!(jobs::beat(&tx, &stale, now + 1, 0.9, None).await.unwrap(), Beat::Lost);
    for drop_row in [false, true] {
        let completion = Completion { lease: stale.clone(), result: None, drop_row };
        assert!(!jobs::complete(&tx, &completion, now).await.unwrap());
    }
    assert!(jobs::fail(&tx, &stale, &failure, now).await.unwrap().is_none());
    assert!(!jobs::retry_at(&tx, &stale, &failure, now, now).await.unwrap());
    assert!(!jobs::give_back(&tx, &stale, now, now).await.unwrap());
    assert!(!jobs::append_log(&tx, &stale, "I am still here", now).await.unwrap());
    assert!(!jobs::remove_if_cancelled(&tx, &stale, now).await.unwrap());
    tx.commit().await.unwrap();

    let job = jobs::find(bench.db.read(), "one").await.unwrap().unwrap();
    assert_eq!((job.state, job.token), (JobState::Active, stale.token + 1));
    worker.shutdown().await;
}

async fn a_job_that_keeps_killing_its_workers_fails(db: Db) {
    let mut bench = Bench::new(db);
    bench.add("one", Script::Succeed).await;
    for _ in 0..11 {
        claim_and_die(&bench).await;
        bench.clock.advance(Duration::from_secs(16));
        let tx = bench.db.begin().await.unwrap();
        assert_eq!(jobs::recover_expired(&tx, bench.clock.now_ms()).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }
    let worker = bench.worker("alive");
    bench.expect(Event::Failed("one".into(), "worker_lost".into())).await;
    bench.until_state("one", "failed").await;
    worker.shutdown().await;
}

async fn a_cancelled_job_of_a_dead_worker_is_dropped(db: Db) {
    let mut bench = Bench::new(db);
    bench.add("one", Script::Succeed).await;
    claim_and_die(&bench).await;
    let tx = bench.db.begin().await.unwrap();
    jobs::cancel_by_subject(&tx, "subject of one").await.unwrap();
    tx.commit().await.unwrap();
    bench.clock.advance(Duration::from_secs(16));
    let worker = bench.worker("alive");
    bench.until_gone("one").await;
    worker.shutdown().await;
    assert!(bench.is_quiet());
}
