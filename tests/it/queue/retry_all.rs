//! Trying every failed job of a queue again.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::{Db, DbError, Tx, jobs};
use telecine_model::{Clock, FailureCode, JobState, SystemClock};
use telecine_queue::{Context, Job, JobError, Queues, Registry, Run, TableQueues};
use telecine_tests::database;
use telecine_tests::on_both_databases;

on_both_databases!(a_job_that_fails_again_at_once_is_tried_again_once);

const QUEUE: &str = "stubborn";
/// Above what one transaction takes.
const JOBS: usize = 510;

struct Nothing;

impl Context for Nothing {
    type Bookkeeping = Self;

    fn bookkeeping(&self) -> &Self {
        self
    }
}

/// It has failed again before anybody can look.
#[derive(Debug, Serialize, Deserialize)]
struct Stubborn {
    number: usize,
}

impl Job<Nothing> for Stubborn {
    const QUEUE: &'static str = QUEUE;
    const NAME: &'static str = "stubborn";
    const ATTEMPTS: i32 = 1;
    const BACKOFF: Duration = Duration::ZERO;
    const TIMEOUT: Duration = Duration::from_secs(1);
    const CONCURRENCY: usize = 1;

    fn id(&self) -> String {
        format!("stubborn-{}", self.number)
    }

    async fn run(&self, _run: &Run, _context: &Nothing) -> Result<(), JobError> {
        Ok(())
    }

    async fn retried(&self, tx: &Tx, _books: &Nothing) -> Result<(), DbError> {
        fail_all(tx).await;
        Ok(())
    }
}

async fn fail_all(tx: &Tx) {
    let now = SystemClock.now_ms();
    for job in
        database::claim(tx, QUEUE, JOBS, jobs::Claimant { worker: "test", now, lease_until: now + 60_000 })
            .await
            .unwrap()
    {
        jobs::fail(tx, &job.lease(), &FailureCode::NotMedia.into(), now).await.unwrap().unwrap();
    }
}

async fn a_job_that_fails_again_at_once_is_tried_again_once(db: Db) {
    let clock = Arc::new(SystemClock);
    let tx = db.begin().await.unwrap();
    for number in 0..JOBS {
        telecine_queue::add(&tx, &*clock, &Stubborn { number }).await.unwrap();
    }
    fail_all(&tx).await;
    tx.commit().await.unwrap();
    let registry = Arc::new(Registry::default().with::<Stubborn>());
    let queues = TableQueues::new(db.clone(), clock, registry, Arc::new(Nothing));
    assert_eq!(queues.retry_all(QUEUE, None).await.unwrap(), JOBS as u64);
    for number in 0..JOBS {
        let job = queues.find(&format!("stubborn-{number}")).await.unwrap();
        assert_eq!((job.job.state, job.attempts.len()), (JobState::Failed, 2), "{number}");
    }
}
