//! One run of a job: its lease, its progress, and the word that it should stop.

use std::sync::Arc;

use telecine_db::jobs::{self, Lease};
use telecine_db::{Db, Tx};
use telecine_model::Clock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::job::{JobError, Kept};

/// What a job sees of the worker that runs it.
pub struct Run {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lease: Lease,
    pub(crate) kept: Kept,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Sender<f64>,
}

impl Run {
    /// Starts a transaction that only commits while this run holds the job: everything in it is fenced.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job or it was cancelled.
    pub async fn begin(&self) -> Result<Tx, JobError> {
        let tx = self.db.begin().await?;
        if jobs::hold(&tx, &self.lease).await? { Ok(tx) } else { Err(JobError::LeaseLost) }
    }

    /// Completes the job in the transaction that publishes its result, and commits both.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`] when another worker has the job; nothing of the transaction takes effect then.
    pub async fn complete(&self, tx: Tx) -> Result<(), JobError> {
        let still_ours = match self.kept {
            Kept::ForPeople => jobs::complete(&tx, &self.lease, self.clock.now_ms()).await?,
            Kept::WhileFailed => jobs::remove(&tx, &self.lease).await?,
        };
        if !still_ours {
            return Err(JobError::LeaseLost);
        }
        Ok(tx.commit().await?)
    }

    /// Notes how far the run is, 0 to 1. Cheap; stored once a second.
    pub fn set_progress(&self, progress: f64) {
        self.progress.send_replace(progress.clamp(0.0, 1.0));
    }

    /// A function that notes the progress, for callbacks that outlive a borrow.
    pub fn progress_setter(&self) -> impl Fn(f64) + Send + Sync + 'static + use<> {
        let progress = self.progress.clone();
        move |value| {
            progress.send_replace(value.clamp(0.0, 1.0));
        }
    }

    /// Fires when the run should end at once: the lease is lost, the job was cancelled, or the process stops.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The fencing token of this run: grows with each claim of the job.
    #[must_use]
    pub fn token(&self) -> i64 {
        self.lease.token
    }
}
