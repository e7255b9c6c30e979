//! One claimed job, from the claim to the end of the run.

use std::sync::Arc;
use std::time::Duration;

use telecine_db::jobs::{self, Beat, Job, Lease};
use telecine_db::{Db, DbError};
use telecine_model::{Clock, Failure, FailureCode};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::LEASE;
use crate::handler::Handler;
use crate::job::{JobError, Kept};
use crate::run::Run;

/// A third of the lease: two heartbeats may fail before it runs out.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Progress is stored at most this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// A job whose worker disappeared more often than this is taken for the cause.
const MAX_STALLED: i32 = 3;
/// The longest wait between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(3600);
/// A run that was told to stop is aborted after this time; ending ffmpeg takes up to 3 s.
const CUT_OFF_GRACE: Duration = Duration::from_secs(8);
/// Hands a job of an unknown kind back for a newer version of this program.
const UNKNOWN_KIND_WAIT: Duration = Duration::from_secs(60);

pub(super) struct Execution<C> {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) context: Arc<C>,
    pub(super) handler: Option<Arc<dyn Handler<C>>>,
    pub(super) job: Job,
    /// Cancelled when the process hands its jobs back.
    pub(super) cancel: CancellationToken,
}

impl<C: Send + Sync + 'static> Execution<C> {
    pub(super) async fn execute(self) {
        let Some(handler) = self.handler.clone() else {
            tracing::warn!(job.id = %self.job.id, job.name = %self.job.name, "no code for this kind of job");
            return self.log_end(self.give_back(UNKNOWN_KIND_WAIT).await);
        };
        tracing::debug!(job.id = %self.job.id, job.name = %self.job.name, "started");
        let outcome = if self.job.stalled > MAX_STALLED {
            Err(JobError::Fail(FailureCode::WorkerLost.into()))
        } else {
            self.run(&handler).await
        };
        self.log_end(self.settle(&*handler, outcome).await);
    }

    /// Runs the job beside its heartbeat. The run is awaited to its end in every case, so nothing of it is left.
    async fn run(&self, handler: &Arc<dyn Handler<C>>) -> Result<(), JobError> {
        let stop = self.cancel.child_token();
        let (progress, progress_seen) = watch::channel(0.0);
        let run = Run {
            db: self.db.clone(),
            clock: self.clock.clone(),
            lease: self.lease(),
            kept: handler.kept(),
            cancel: stop.clone(),
            progress,
        };
        let mut task = {
            let (handler, context, data) = (handler.clone(), self.context.clone(), self.job.data.clone());
            // A task of its own: a panic becomes an error here.
            tokio::spawn(async move { handler.run(&data, &run, &context).await })
        };
        let _stop_when_dropped = stop.clone().drop_guard();
        let mut deadline = self.clock.now() + handler.timeout();
        let mut held_until = self.clock.now() + LEASE;
        let mut cut_off = None;
        loop {
            let reason = tokio::select! {
                joined = &mut task => {
                    let outcome = joined.unwrap_or_else(|error| Err(broken_off(&self.job, &error)));
                    return outcome.map_err(|error| cut_off.unwrap_or(error));
                }
                beat = self.heartbeat(&**handler, progress_seen.clone()), if cut_off.is_none() => match beat {
                    Some(Beat::Held) => {
                        held_until = self.clock.now() + LEASE;
                        continue;
                    }
                    // A database that fails for a moment is not yet a lost lease.
                    None if self.clock.now() < held_until => continue,
                    Some(Beat::CancelRequested | Beat::Lost) | None => JobError::LeaseLost,
                },
                () = self.cancel.cancelled(), if cut_off.is_none() => JobError::LeaseLost,
                () = self.clock.sleep_until(deadline), if cut_off.is_none() => FailureCode::JobTimeout.into(),
                () = self.clock.sleep_until(deadline), if cut_off.is_some() => {
                    tracing::warn!(job.id = %self.job.id, job.name = %self.job.name, "the run does not stop and is aborted");
                    task.abort();
                    deadline = jiff::Timestamp::MAX;
                    continue;
                }
            };
            stop.cancel();
            deadline = self.clock.now() + CUT_OFF_GRACE;
            cut_off = Some(reason);
        }
    }

    /// Waits for a beat's time, prolongs the lease, and says whether it still holds; `None` when the database failed.
    async fn heartbeat(&self, handler: &dyn Handler<C>, mut progress: watch::Receiver<f64>) -> Option<Beat> {
        let started = self.clock.now();
        progress.mark_unchanged();
        tokio::select! {
            () = self.clock.sleep_until(started + HEARTBEAT) => {}
            () = async {
                if progress.changed().await.is_err() { std::future::pending::<()>().await }
                self.clock.sleep_until(started + PROGRESS_EVERY).await;
            } => {}
        }
        let value = *progress.borrow();
        let beat = self.beat(handler, value).await;
        beat.inspect_err(|error| tracing::warn!(job.id = %self.job.id, %error, "a heartbeat failed")).ok()
    }

    async fn beat(&self, handler: &dyn Handler<C>, progress: f64) -> Result<Beat, DbError> {
        let lease_until = (self.clock.now() + LEASE).as_millisecond();
        let tx = self.db.begin().await?;
        let beat = jobs::beat(&tx, &self.lease(), lease_until, progress).await?;
        if beat == Beat::Held {
            handler.progressed(&self.job.data, &tx, &self.context, progress).await?;
        }
        tx.commit().await?;
        Ok(beat)
    }

    /// Writes down how the run ended.
    async fn settle(
        &self,
        handler: &dyn Handler<C>,
        outcome: Result<(), JobError>,
    ) -> Result<&'static str, DbError> {
        match outcome {
            Ok(()) => self.complete(handler.kept()).await,
            // The process stops: the run was cut off by us, so it does not count as an attempt.
            Err(_) if self.cancel.is_cancelled() => self.give_back(Duration::ZERO).await,
            Err(JobError::Snooze(wait)) => self.give_back(wait).await,
            Err(JobError::LeaseLost) => self.drop_if_cancelled().await,
            Err(JobError::Fail(failure)) => self.fail(handler, &failure).await,
            Err(JobError::Retry(failure)) if self.job.attempts_made + 1 >= self.job.max_attempts => {
                self.fail(handler, &failure).await
            }
            Err(JobError::Retry(failure)) => self.retry(&failure).await,
        }
    }

    /// The job may have completed itself together with its result; then this changes nothing.
    async fn complete(&self, kept: Kept) -> Result<&'static str, DbError> {
        let tx = self.db.begin().await?;
        match kept {
            Kept::ForPeople => jobs::complete(&tx, &self.lease(), self.clock.now_ms()).await?,
            Kept::WhileFailed => jobs::remove(&tx, &self.lease()).await?,
        };
        tx.commit().await?;
        Ok("completed")
    }

    async fn give_back(&self, wait: Duration) -> Result<&'static str, DbError> {
        let tx = self.db.begin().await?;
        jobs::give_back(&tx, &self.lease(), (self.clock.now() + wait).as_millisecond()).await?;
        tx.commit().await?;
        Ok("handed back")
    }

    /// A cancelled job's row goes; a job that another worker has taken over, or will, is left alone.
    async fn drop_if_cancelled(&self) -> Result<&'static str, DbError> {
        let tx = self.db.begin().await?;
        jobs::remove_if_cancelled(&tx, &self.lease()).await?;
        tx.commit().await?;
        Ok("stopped")
    }

    async fn fail(&self, handler: &dyn Handler<C>, failure: &Failure) -> Result<&'static str, DbError> {
        tracing::warn!(job.id = %self.job.id, job.name = %self.job.name, code = %failure.code, "failed: {}", failure.message);
        let tx = self.db.begin().await?;
        if jobs::fail(&tx, &self.lease(), failure, self.clock.now_ms()).await? {
            handler.failed(&self.job.data, &tx, &self.context, failure).await?;
        }
        tx.commit().await?;
        Ok("failed")
    }

    async fn retry(&self, failure: &Failure) -> Result<&'static str, DbError> {
        let wait = backoff(self.job.backoff_ms, self.job.attempts_made);
        tracing::warn!(job.id = %self.job.id, code = %failure.code, wait_s = wait.as_secs(), "attempt failed, will retry: {}", failure.message);
        let tx = self.db.begin().await?;
        jobs::retry_at(&tx, &self.lease(), failure, (self.clock.now() + wait).as_millisecond()).await?;
        tx.commit().await?;
        Ok("will be tried again")
    }

    fn lease(&self) -> Lease {
        Lease { job_id: self.job.id.clone(), token: self.job.token }
    }

    fn log_end(&self, end: Result<&'static str, DbError>) {
        match end {
            Ok(end) => tracing::debug!(job.id = %self.job.id, job.name = %self.job.name, "{end}"),
            // The lease runs out and the job is taken over.
            Err(error) => {
                tracing::warn!(job.id = %self.job.id, %error, "the end of a run could not be stored")
            }
        }
    }
}

/// The wait before the next attempt: `base_ms` after the first failed run, then doubled each time, an hour at most.
fn backoff(base_ms: i64, failed_before: i32) -> Duration {
    let factor = 1_i64 << failed_before.clamp(0, 20);
    Duration::from_millis(base_ms.max(0).saturating_mul(factor).cast_unsigned()).min(MAX_BACKOFF)
}

fn broken_off(job: &Job, error: &tokio::task::JoinError) -> JobError {
    // An aborted run has not panicked.
    if error.is_panic() {
        tracing::error!(job.id = %job.id, job.name = %job.name, %error, "the job panicked");
    }
    FailureCode::Internal.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_and_is_capped_at_an_hour() {
        let waits: Vec<_> = (0..3).map(|failed| backoff(5000, failed).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20]);
        assert_eq!(backoff(5000, i32::MAX), MAX_BACKOFF);
        assert_eq!(backoff(-1, 3), Duration::ZERO);
    }
}
