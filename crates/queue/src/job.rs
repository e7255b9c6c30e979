//! What a job is, and how a run can end.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use telecine_db::{DbError, Tx};
use telecine_model::{Failure, FailureCode};
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

/// What the jobs of a program work with.
pub trait Context: Send + Sync + 'static {
    /// The part of it that keeps a job's subject in step with the job. It works inside transactions, so it is small, and
    /// programs that run no jobs have it too: whoever cancels a job or tries it again needs no more.
    type Bookkeeping: Send + Sync + ?Sized + 'static;

    /// That part.
    fn bookkeeping(&self) -> &Self::Bookkeeping;
}

/// One kind of job: a struct whose fields are the arguments, ids and small choices. It re-reads state when it runs,
/// and running it twice is harmless.
pub trait Job<C: Context>: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The queue it waits in. A promise to other programs: never renamed.
    const QUEUE: &'static str;
    /// The kind. A promise to other programs: never renamed.
    const NAME: &'static str;
    /// Whether jobs of its queue whose name is unknown are of this kind: other programs have names of their own.
    const TAKES_ANY_NAME: bool = false;
    /// Runs before the job fails for good.
    const ATTEMPTS: i32;
    /// Wait after the first failed run; doubles with each further one.
    const BACKOFF: Duration;
    /// 0 to 1: the share of the wait that is left to chance.
    const JITTER: f64 = 0.0;
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

    /// The job for this subject, for ending it properly when its data cannot be read any more.
    fn of_subject(subject: &str) -> Option<Self> {
        let _ = subject;
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
        books: &C::Bookkeeping,
        progress: f64,
    ) -> impl Future<Output = Result<(), DbError>> + Send {
        let _ = (tx, books, progress);
        async { Ok(()) }
    }

    /// Called in the transaction that makes a failed job wait again, so that its subject is worked on again.
    fn retried(&self, tx: &Tx, books: &C::Bookkeeping) -> impl Future<Output = Result<(), DbError>> + Send {
        let _ = (tx, books);
        async { Ok(()) }
    }

    /// Called in the transaction that marks the job as failed for good, so that its subject fails with it.
    fn failed(
        &self,
        tx: &Tx,
        books: &C::Bookkeeping,
        failure: &Failure,
    ) -> impl Future<Output = Result<(), DbError>> + Send {
        let _ = (tx, books, failure);
        async { Ok(()) }
    }
}

/// Why a run ended without completing the job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another run can succeed: the job waits for its backoff, or fails if this was the last attempt.
    #[error("{}: {}", .0.code, .0.message)]
    Retry(Failure),
    /// The same, not before so much time has passed: somebody has asked for it.
    #[error("{}: {}", .0.code, .0.message)]
    RetryAfter(Failure, Duration),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_code_says_whether_the_job_is_tried_again() {
        assert!(matches!(JobError::from(FailureCode::VideoTimeout), JobError::Retry(_)));
        assert!(matches!(JobError::from(FailureCode::NotMedia), JobError::Fail(_)));
    }
}
