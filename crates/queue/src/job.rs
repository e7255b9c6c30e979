//! What a job is, how it is added, and how a run can end.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use telecine_db::jobs::NewJob;
use telecine_db::{DbError, Tx};
use telecine_model::{Clock, Failure, FailureCode};
use uuid::Uuid;

use crate::run::Run;

/// How long a finished job stays visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Completed for 24 hours, failed for 7 days.
    ForPeople,
    /// Not at all once it has completed; failed for 7 days.
    WhileFailed,
}

/// One kind of job: a struct whose fields are the arguments, ids and small choices. It re-reads state when it runs,
/// and running it twice is harmless.
pub trait Job<C>: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The queue it waits in. A promise to other programs: never renamed.
    const QUEUE: &'static str;
    /// The kind. A promise to other programs: never renamed.
    const NAME: &'static str;
    /// Runs before the job fails for good.
    const ATTEMPTS: i32;
    /// Wait after the first failed run; doubles with each further one.
    const BACKOFF: Duration;
    /// Longest run.
    const TIMEOUT: Duration;
    /// Jobs of the queue that one process runs at the same time, unless the settings say otherwise.
    const CONCURRENCY: usize;
    /// How long the finished job stays visible.
    const KEPT: Kept = Kept::ForPeople;

    /// The job's id: adding a second job with the same id is a no-op. Random by default.
    fn id(&self) -> String {
        Uuid::now_v7().to_string()
    }

    /// What the job works on, such as a video's id: for finding and cancelling it.
    fn subject(&self) -> Option<String> {
        None
    }

    /// 0 runs before 1, 1 before 2 and so on; equal ones in the order they were added.
    fn priority(&self) -> i32 {
        0
    }

    /// Does the work. Every `?` inside says what happens next: see [`JobError`].
    fn run(&self, run: &Run, context: &C) -> impl Future<Output = Result<(), JobError>> + Send;

    /// Called in the transaction that notes progress, so that what people see moves with the job.
    fn progressed(
        &self,
        tx: &Tx,
        context: &C,
        progress: f64,
    ) -> impl Future<Output = Result<(), DbError>> + Send {
        let _ = (tx, context, progress);
        async { Ok(()) }
    }

    /// Called in the transaction that marks the job as failed for good, so that its subject fails with it.
    fn failed(
        &self,
        tx: &Tx,
        context: &C,
        failure: &Failure,
    ) -> impl Future<Output = Result<(), DbError>> + Send {
        let _ = (tx, context, failure);
        async { Ok(()) }
    }
}

/// Why a run ended without completing the job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another run can succeed: the job waits for its backoff, or fails if this was the last attempt.
    #[error("{}: {}", .0.code, .0.message)]
    Retry(Failure),
    /// No run can succeed.
    #[error("{}: {}", .0.code, .0.message)]
    Fail(Failure),
    /// The time has not come; no attempt is counted.
    #[error("not before {0:?} have passed")]
    Snooze(Duration),
    /// Another worker has the job, or it was cancelled: nothing may be written any more.
    #[error("the job belongs to another worker or was cancelled")]
    LeaseLost,
}

impl From<FailureCode> for JobError {
    fn from(code: FailureCode) -> Self {
        if code.is_retryable() { Self::Retry(code.into()) } else { Self::Fail(code.into()) }
    }
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        tracing::warn!(%error, "a job's database statement failed");
        FailureCode::Internal.into()
    }
}

/// Adds the job in the transaction; it runs as soon as a worker is free after the commit. `false` when a job with its
/// id exists already.
///
/// # Errors
/// [`DbError`].
pub async fn add<C, J: Job<C>>(tx: &Tx, clock: &dyn Clock, job: &J) -> Result<bool, DbError> {
    add_at(tx, clock, job, clock.now_ms()).await
}

/// Adds the job in the transaction, to run at `run_at` (milliseconds since 1970) or later.
///
/// # Errors
/// [`DbError`].
pub async fn add_at<C, J: Job<C>>(tx: &Tx, clock: &dyn Clock, job: &J, run_at: i64) -> Result<bool, DbError> {
    let id = job.id();
    let data = serde_json::to_string(job).map_err(|_| DbError::Corrupt {
        table: "jobs",
        id: id.clone(),
        column: "data",
    })?;
    let row = NewJob {
        id,
        queue: J::QUEUE,
        name: J::NAME,
        data,
        subject: job.subject(),
        priority: job.priority(),
        run_at,
        max_attempts: J::ATTEMPTS,
        backoff_ms: i64::try_from(J::BACKOFF.as_millis()).unwrap_or(i64::MAX),
    };
    telecine_db::jobs::insert(tx, &row, clock.now_ms()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_code_says_whether_the_job_is_tried_again() {
        assert!(matches!(JobError::from(FailureCode::VideoTimeout), JobError::Retry(_)));
        assert!(matches!(JobError::from(FailureCode::NotMedia), JobError::Fail(_)));
    }
}
