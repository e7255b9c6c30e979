//! One run of a job: its lease, its progress, its log, and the word that it should stop.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use telecine_db::jobs::{self, ChildResult, Completion, Lease, NewJob, OnChildFailure};
use telecine_db::{Db, Tx};
use telecine_model::Clock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::add::add_children;
use crate::claim::PendingClaim;
use crate::job::{JobError, Kept};
use crate::mirror::Mirror;

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Progress {
    /// 0 to 1.
    pub(crate) share: f64,
    /// What it reports beside the number.
    pub(crate) data: Option<Value>,
}

/// What a job sees of the worker that runs it.
pub struct Run {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lease: Lease,
    /// While the row is being written: everything that goes by the lease waits for it.
    pub(crate) claim: Option<PendingClaim>,
    pub(crate) kept: Kept,
    pub(crate) attempt: u32,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) end: Arc<End>,
    pub(crate) mirror: Option<Arc<dyn Mirror>>,
}

/// What a run leaves for its worker.
#[derive(Debug, Default)]
pub(crate) struct End {
    written: Mutex<Option<Written>>,
    result: Mutex<Option<Value>>,
}

/// What the run itself has written down of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The job is complete.
    Complete,
    /// The job waits for its children.
    Waiting,
}

impl End {
    pub(crate) fn take_result(&self) -> Option<String> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).clone();
        result.map(|value| value.to_string())
    }

    pub(crate) fn written(&self) -> Option<Written> {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, written: Written) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
    }
}

impl Run {
    /// Starts a transaction that only commits while this run holds the job: everything in it is fenced.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job or it was cancelled.
    pub async fn begin(&self) -> Result<Tx, JobError> {
        self.claimed().await?;
        let tx = self.db.begin().await?;
        if jobs::hold(&tx, &self.lease).await? { Ok(tx) } else { Err(JobError::LeaseLost) }
    }

    /// Waits until the claim is written down.
    async fn claimed(&self) -> Result<(), JobError> {
        match &self.claim {
            Some(claim) if !claim.is_held().await => Err(JobError::LeaseLost),
            _ => Ok(()),
        }
    }

    /// Completes the job in the transaction that publishes its result, and commits both.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job; nothing of the transaction takes effect then.
    pub async fn complete(&self, tx: Tx) -> Result<(), JobError> {
        let completion = Completion {
            lease: self.lease.clone(),
            result: self.end.take_result(),
            drop_row: self.kept == Kept::WhileFailed,
        };
        if !jobs::complete(&tx, &completion, self.clock.now_ms()).await? {
            return Err(JobError::LeaseLost);
        }
        tx.commit().await?;
        self.end.write(Written::Complete);
        Ok(())
    }

    /// Adds children in the transaction and commits it; the job waits for them and then runs again, from the start. The
    /// run is to end after this. A child whose id exists already belongs to somebody else and is not waited for.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job; nothing of the transaction takes effect then.
    pub async fn wait_for(&self, tx: Tx, children: Vec<(NewJob, OnChildFailure)>) -> Result<(), JobError> {
        let (now, count) = (self.clock.now_ms(), i32::try_from(children.len()).unwrap_or(i32::MAX));
        if !jobs::wait_for_children(&tx, &self.lease, count, now).await? {
            return Err(JobError::LeaseLost);
        }
        add_children(&tx, &self.lease.job_id, children, now).await?;
        tx.commit().await?;
        self.end.write(Written::Waiting);
        Ok(())
    }

    /// Notes how far the run is, 0 to 1. Cheap; stored once a second.
    pub fn set_progress(&self, progress: f64) {
        self.progress.send_modify(|now| now.share = progress.clamp(0.0, 1.0));
    }

    /// Notes what the run is doing, beside the number: small JSON. Cheap; stored once a second.
    pub fn report(&self, data: Value) {
        self.progress.send_modify(|now| now.data = Some(data));
    }

    /// A function that notes the progress, for callbacks that outlive a borrow.
    pub fn progress_setter(&self) -> impl Fn(f64) + Send + Sync + 'static + use<> {
        let progress = self.progress.clone();
        move |value| progress.send_modify(|now| now.share = value.clamp(0.0, 1.0))
    }

    /// What the job returns when it completes: small JSON, for its parent and for people.
    pub fn set_result(&self, result: Value) {
        *self.end.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    }

    /// Adds a line to the job's log.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job.
    pub async fn log(&self, line: &str) -> Result<(), JobError> {
        self.claimed().await?;
        let tx = self.db.begin().await?;
        if !jobs::append_log(&tx, &self.lease, line, self.clock.now_ms()).await? {
            return Err(JobError::LeaseLost);
        }
        tx.commit().await?;
        if let Some(mirror) = &self.mirror {
            mirror.log(line).await;
        }
        Ok(())
    }

    /// The jobs that this one has waited for.
    ///
    /// # Errors
    /// [`JobError::Retry`] when the database fails.
    pub async fn children(&self) -> Result<Vec<ChildResult>, JobError> {
        Ok(jobs::children_of(self.db.read(), &self.lease.job_id).await?)
    }

    /// Fires when the run should end at once: the lease is lost, the job was cancelled, or the process stops.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The lease, for statements that name it.
    #[must_use]
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The fencing token of this run: grows with each claim of the job.
    #[must_use]
    pub fn token(&self) -> i64 {
        self.lease.token
    }

    /// Counts from 1 with each run that is an attempt.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}
