//! Which job is taken, and by whom.

use std::collections::BTreeSet;

use telecine_db::Db;
use telecine_db::jobs::{self, Completion, NewJob};
use telecine_model::Clock;
use telecine_tests::database;
use telecine_tests::on_both_databases;

use super::bench::{Bench, Script, started};

on_both_databases!(
    lower_priority_numbers_run_first_then_older_jobs,
    a_job_says_itself_how_urgent_it_is,
    a_job_with_a_known_id_is_not_added_again,
    a_job_of_a_transaction_that_is_not_committed_never_runs,
    a_delayed_job_runs_when_its_time_has_come,
    many_claims_at_once_take_each_job_once,
    a_claim_takes_one_job_whatever_the_planner_believes,
    the_next_time_at_which_something_is_due_is_told,
    a_claim_takes_as_many_as_there_are_places,
    old_finished_jobs_are_pruned,
    a_paused_queue_uses_up_no_starts,
);

fn row(id: &str, priority: i32, run_at: i64) -> NewJob {
    NewJob { priority, run_at, ..NewJob::new(id, "q", "n", "{}") }
}

fn done(job: &jobs::Job) -> Completion {
    Completion { lease: job.lease(), result: None, drop_row: false }
}

async fn insert(db: &Db, job: &NewJob, now: i64) {
    let tx = db.begin().await.unwrap();
    jobs::insert(&tx, job, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(db: &Db, now: i64) -> Option<jobs::Job> {
    let tx = db.begin().await.unwrap();
    let jobs = database::claim(&tx, "q", 1, jobs::Claimant { worker: "w", now, lease_until: now + 1000 })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(jobs.len() < 2);
    jobs.into_iter().next()
}

async fn lower_priority_numbers_run_first_then_older_jobs(db: Db) {
    for (id, priority, created) in [("last", 10, 0), ("second", 1, 2), ("third", 1, 3), ("first", 0, 4)] {
        insert(&db, &row(id, priority, 0), created).await;
    }
    let mut order = Vec::new();
    while let Some(job) = claim(&db, 10).await {
        order.push(job.id);
    }
    assert_eq!(order, ["first", "second", "third", "last"]);
}

async fn a_job_says_itself_how_urgent_it_is(db: Db) {
    let mut bench = Bench::new(db);
    bench.add("can wait", Script::Succeed).await;
    bench.add("urgent", Script::Succeed).await;
    let worker = bench.worker("w");
    bench.expect(started("urgent")).await;
    bench.expect(started("can wait")).await;
    bench.until_state("can wait", "completed").await;
    worker.shutdown().await;
}

async fn a_job_with_a_known_id_is_not_added_again(db: Db) {
    let mut bench = Bench::new(db);
    assert!(bench.add("one", Script::Succeed).await);
    assert!(!bench.add("one", Script::Fail).await);
    let worker = bench.worker("w");
    bench.expect(started("one")).await;
    bench.until_state("one", "completed").await;
    assert!(!bench.add("one", Script::Fail).await, "also once it has completed");
    worker.shutdown().await;
    assert!(bench.is_quiet());
}

async fn a_job_of_a_transaction_that_is_not_committed_never_runs(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    let tx = bench.db.begin().await.unwrap();
    jobs::insert(&tx, &NewJob::new("ghost", "scripted", "scripted", "{}"), 0).await.unwrap();
    drop(tx);
    bench.add("real", Script::Succeed).await;
    bench.expect(started("real")).await;
    bench.until_state("real", "completed").await;
    assert!(jobs::find(bench.db.read(), "ghost").await.unwrap().is_none());
    worker.shutdown().await;
    assert!(bench.is_quiet());
}

async fn a_delayed_job_runs_when_its_time_has_come(db: Db) {
    let mut bench = Bench::new(db);
    let worker = bench.worker("w");
    bench.add_at("later", Script::Succeed, 3).await;
    bench.add("now", Script::Succeed).await;
    bench.expect(started("now")).await;
    bench.until_state("now", "completed").await;
    bench.clock.advance(std::time::Duration::from_secs(2));
    bench.add("between", Script::Succeed).await;
    bench.expect(started("between")).await;
    bench.clock.advance(std::time::Duration::from_secs(1));
    bench.expect(started("later")).await;
    bench.until_state("later", "completed").await;
    worker.shutdown().await;
}

async fn many_claims_at_once_take_each_job_once(db: Db) {
    const JOBS: usize = 60;
    for number in 0..JOBS {
        insert(&db, &row(&format!("job {number}"), 0, 0), 0).await;
    }
    let claimers: Vec<_> = (0..6)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut taken = Vec::new();
                while let Some(job) = claim(&db, 1).await {
                    taken.push(job.id);
                }
                taken
            })
        })
        .collect();
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await.unwrap());
    }
    assert_eq!(all.len(), JOBS);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
}

/// With statistics from when the table had one row, PostgreSQL once ran the subquery of the claim for every row.
async fn a_claim_takes_one_job_whatever_the_planner_believes(db: Db) {
    use sea_orm::ConnectionTrait;
    insert(&db, &row("first", 0, 0), 0).await;
    db.read().execute_unprepared("ANALYZE jobs").await.unwrap();
    for number in 0..20 {
        insert(&db, &row(&format!("later {number}"), 0, 0), 1).await;
    }
    assert_eq!(claim(&db, 10).await.unwrap().id, "first");
    assert_eq!(jobs::find(db.read(), "later 0").await.unwrap().unwrap().state, "waiting");
}

async fn a_claim_takes_as_many_as_there_are_places(db: Db) {
    for number in 0..5 {
        insert(&db, &row(&format!("job {number}"), 0, 0), 0).await;
    }
    let tx = db.begin().await.unwrap();
    let mut taken = Vec::new();
    for places in [3, 10, 10] {
        let jobs =
            database::claim(&tx, "q", places, jobs::Claimant { worker: "w", now: 1, lease_until: 1000 })
                .await
                .unwrap();
        taken.push(jobs.into_iter().map(|job| job.id).collect::<Vec<_>>());
    }
    tx.commit().await.unwrap();
    assert_eq!(taken, [vec!["job 0", "job 1", "job 2"], vec!["job 3", "job 4"], vec![]]);
}

async fn next_due(db: &Db) -> Option<i64> {
    let tx = db.begin().await.unwrap();
    let turn =
        jobs::turn(&tx, &[], &[], jobs::Claimant { worker: "w", now: 0, lease_until: 0 }).await.unwrap();
    tx.commit().await.unwrap();
    turn.next_due
}

async fn the_next_time_at_which_something_is_due_is_told(db: Db) {
    assert_eq!(next_due(&db).await, None);
    insert(&db, &row("waits already", 0, 0), 0).await;
    assert_eq!(next_due(&db).await, None);
    insert(&db, &row("later", 0, 5000), 0).await;
    assert_eq!(next_due(&db).await, Some(5000));
    claim(&db, 10).await.unwrap();
    assert_eq!(next_due(&db).await, Some(1010), "the lease");
}

async fn old_finished_jobs_are_pruned(db: Db) {
    const HOUR: i64 = 3_600_000;
    let clock = Bench::new(db.clone()).clock;
    let now = clock.now_ms();
    for (id, finished) in [("old", now - 25 * HOUR), ("young", now - 23 * HOUR)] {
        insert(&db, &row(id, 0, 0), 0).await;
        let job = claim(&db, 1).await.unwrap();
        let tx = db.begin().await.unwrap();
        assert!(jobs::complete(&tx, &done(&job), finished).await.unwrap());
        tx.commit().await.unwrap();
    }
    let tx = db.begin().await.unwrap();
    assert_eq!(jobs::prune(&tx, now).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(jobs::find(db.read(), "old").await.unwrap().is_none());
    assert!(jobs::find(db.read(), "young").await.unwrap().is_some());

    let tx = db.begin().await.unwrap();
    for number in 0..1005 {
        jobs::insert(&tx, &row(&format!("bulk {number:04}"), 0, 0), number).await.unwrap();
        let job = database::claim(&tx, "q", 1, jobs::Claimant { worker: "w", now: 1, lease_until: 2 })
            .await
            .unwrap()
            .remove(0);
        jobs::complete(&tx, &done(&job), now - HOUR + number).await.unwrap();
    }
    assert_eq!(jobs::prune(&tx, now).await.unwrap(), 6, "the last 1000 stay");
    tx.commit().await.unwrap();
    assert!(jobs::find(db.read(), "bulk 0004").await.unwrap().is_none());
    assert!(jobs::find(db.read(), "bulk 0005").await.unwrap().is_some());
}

async fn a_paused_queue_uses_up_no_starts(db: Db) {
    let rate = Some(jobs::Rate { max: 2, duration_ms: 1000 });
    let limits = jobs::Limits { rate, ..jobs::Limits::default() };
    for number in 0..3 {
        insert(&db, &row(&format!("job {number}"), 0, 0), 0).await;
    }
    let tx = db.begin().await.unwrap();
    jobs::pause(&tx, "q").await.unwrap();
    assert_eq!(jobs::admit(&tx, "q", 5, &limits, 10).await.unwrap(), (0, None));
    jobs::resume(&tx, "q").await.unwrap();
    assert_eq!(jobs::admit(&tx, "q", 5, &limits, 20).await.unwrap(), (2, Some(1020)));
    tx.commit().await.unwrap();
}
