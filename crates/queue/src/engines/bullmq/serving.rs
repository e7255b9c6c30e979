//! One delivery, from Redis through the row to the run, and back.

use std::sync::Arc;
use std::time::Duration;

use bullmq::keys::QueueKeys;
use bullmq::redis_connection::RedisConnection;
use bullmq::{Error, Job};
use serde_json::Value;
use telecine_db::jobs::{self, Completion, Job as Row};
use telecine_db::{Db, DbError};
use telecine_model::Clock;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::clerk::{Clerk, Verdict};
use super::delivery::Delivery;
use super::ending::{Told, move_to_delayed, tell};
use super::mirror::JobMirror;
use crate::claim::PendingClaim;
use crate::execution::{Execution, Outcome};
use crate::handler::Registry;
use crate::job::Context;

/// A job whose row cannot be claimed comes back after this time.
const DATABASE_RETRY: Duration = Duration::from_secs(2);
/// The wait before a completion is written down again.
const COMPLETE_AGAIN: Duration = Duration::from_millis(500);

/// What the jobs of one queue are run with.
pub(super) struct Serving<C: Context> {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) context: Arc<C>,
    pub(super) registry: Arc<Registry<C>>,
    pub(super) clerk: Clerk,
    pub(super) keys: QueueKeys,
    /// Where the ids of our own jobs are kept; see `relay`.
    pub(super) relayed_key: String,
    pub(super) connection: RedisConnection,
    /// The runtime of the jobs' own code; everything else runs on the library's.
    pub(super) runtime: Handle,
    /// Cancelled when the process hands its jobs back.
    pub(super) cancel_runs: CancellationToken,
}

impl<C: Context> Serving<C> {
    /// Runs a job that Redis has handed out; the answer is for the library.
    pub(super) async fn serve(&self, job: Job) -> Result<Value, Error> {
        // When Redis goes away here, it hands the job out again.
        let delivery = Delivery::read(&job, &self.keys, &self.relayed_key, &self.connection).await?;
        let row_ids = delivery.row_ids();
        let outcome = self.run(&job, delivery).await;
        let is_waiting = outcome == Some(Outcome::WaitsForChildren);
        let told = match outcome {
            Some(outcome) => tell(outcome, &job, self.clock.now_ms(), &self.keys, &self.connection).await,
            None => move_to_delayed(&job, (self.clock.now() + DATABASE_RETRY).as_millisecond()).await,
        };
        // Children may have ended while the job was still on its way to where it can be woken.
        if (is_waiting || matches!(told, Told::Gone))
            && let Err(error) = self.hand_over_again(&row_ids).await
        {
            tracing::debug!(job.id = %job.id(), %error, "the reconciler has to put the job back");
        }
        match told {
            Told::Answer(answer) => answer,
            Told::Gone => Err(Error::Delayed),
        }
    }

    async fn hand_over_again(&self, row_ids: &[String]) -> Result<(), DbError> {
        let tx = self.db.begin().await?;
        jobs::relay_again(&tx, row_ids).await?;
        tx.commit().await
    }

    /// `None` when the database has failed.
    async fn run(&self, job: &Job, delivery: Delivery) -> Option<Outcome> {
        if delivery.is_first() {
            return self.run_at_once(job, delivery).await;
        }
        match self.clerk.claim(delivery).await? {
            Verdict::Run(row) => self.run_claimed(job, *row).await,
            Verdict::Tell(outcome) => Some(outcome),
        }
    }

    async fn run_claimed(&self, job: &Job, row: Row) -> Option<Outcome> {
        let execution = self.execution(job, row, None);
        match execution.execute().await {
            Outcome::Succeeded(succeeded) => {
                let result = succeeded.result.clone();
                self.complete(execution.completion(succeeded), result).await
            }
            outcome => Some(outcome),
        }
    }

    /// Runs a job of another program while its row is being written: Redis has given it to nobody else, and whatever the
    /// run does through the database waits for the row. When the run is the quicker one, Redis, which is the truth for
    /// these jobs, learns its end first.
    async fn run_at_once(&self, job: &Job, delivery: Delivery) -> Option<Outcome> {
        let now = self.clock.now_ms();
        let begun = self.clerk.begin(delivery, now).await?;
        let execution = self.execution(job, begun.row(), Some(begun.claim()));
        let outcome = match execution.execute().await {
            Outcome::Succeeded(succeeded) => {
                let (result, completion) = (succeeded.result.clone(), execution.completion(succeeded));
                if begun.end(&completion) {
                    return Some(Outcome::Completed { result });
                }
                Ok((completion, result))
            }
            outcome => Err(outcome),
        };
        match (begun.verdict().await?, outcome) {
            (Verdict::Run(row), Ok((completion, result))) if row.lease() == completion.lease => {
                self.clerk.complete_later(completion).await;
                Some(Outcome::Completed { result })
            }
            (Verdict::Run(row), Err(outcome)) if row.lease() == execution.job.lease() => Some(outcome),
            // The row of an earlier job of this id was taken: this run had nothing to go by.
            (Verdict::Run(row), _) => self.run_claimed(job, *row).await,
            (Verdict::Tell(outcome), _) => Some(outcome),
        }
    }

    fn execution(&self, job: &Job, row: Row, claim: Option<PendingClaim>) -> Execution<C> {
        let mirror = JobMirror::new(job.clone(), &self.keys, self.connection.clone());
        Execution {
            db: self.db.clone(),
            clock: self.clock.clone(),
            context: self.context.clone(),
            registry: Arc::clone(&self.registry),
            cancel: self.cancel_runs.child_token(),
            mirror: Some(Arc::new(mirror)),
            runtime: self.runtime.clone(),
            claim,
            job: row,
        }
    }

    /// Writes down that the run has succeeded, however long the database is away: the lock is renewed meanwhile, and
    /// nobody else runs the job. `None` when the process ends first.
    async fn complete(&self, completion: Completion, result: Option<String>) -> Option<Outcome> {
        loop {
            match self.clerk.complete(completion.clone()).await {
                Some(true) => return Some(Outcome::Completed { result }),
                Some(false) => {
                    tracing::warn!(job.id = %completion.lease.job_id, "succeeded, but another worker has the job");
                    return Some(Outcome::Stopped);
                }
                None if self.cancel_runs.is_cancelled() => return None,
                None => self.clock.sleep_until(self.clock.now() + COMPLETE_AGAIN).await,
            }
        }
    }
}
