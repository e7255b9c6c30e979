//! One claimed job, from the claim to the end of the run: the same for every engine.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use telecine_db::jobs::{self, Backoff, BackoffKind, Beat, Completion, Job};
use telecine_db::{Db, DbError, Tx};
use telecine_metrics::JobOutcome;
use telecine_model::{Clock, Failure, FailureCode};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::claim::PendingClaim;
use crate::handler::{Handler, Registry};
use crate::job::{Context, JobError, Kept};
use crate::mirror::Mirror;
use crate::run::{End, Progress, Run, Written};

/// A claim lasts this long without a heartbeat; a killed worker's job is taken over after it.
pub(crate) const LEASE: Duration = Duration::from_secs(12);
/// A third of the lease: two heartbeats may fail before it runs out.
const HEARTBEAT: Duration = Duration::from_secs(4);
/// Progress is stored at most this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// A job whose worker disappeared more often than this is taken for the cause. Machines are switched off and processes
/// are killed for reasons of their own, so it is more than bad luck brings about.
const MAX_STALLED: i32 = 10;
/// The longest wait between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(3600);
/// A run that was told to stop is aborted after this time; ending ffmpeg takes up to 3 s.
const CUT_OFF_GRACE: Duration = Duration::from_secs(8);
/// Hands a job of an unknown kind back for a newer version of this program.
const UNKNOWN_KIND_WAIT: Duration = Duration::from_secs(60);
/// The wait before the end of a run is written down again, after the database failed.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

pub(crate) struct Execution<C: Context> {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) context: Arc<C>,
    pub(crate) registry: Arc<Registry<C>>,
    pub(crate) job: Job,
    /// While the job's row is being written.
    pub(crate) claim: Option<PendingClaim>,
    /// Where the job's own code runs. A panic becomes an error there, and work that never yields holds nothing up.
    pub(crate) runtime: Handle,
    /// Cancelled when the process hands its jobs back.
    pub(crate) cancel: CancellationToken,
    /// Where the run is shown beside the table.
    pub(crate) mirror: Option<Arc<dyn Mirror>>,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// The run succeeded; the worker still has to write it down, together with others.
    Succeeded(Succeeded),
    /// The run completed the job itself.
    Completed { result: Option<String> },
    /// The job waits for its next attempt.
    Retried { at_ms: i64, failure: Failure },
    /// The job failed for good.
    Failed { failure: Failure },
    /// The job waits again without an attempt counted.
    HandedBack { at_ms: i64 },
    /// The job runs again when its children have ended.
    WaitsForChildren,
    /// The job was cancelled and is gone, or belongs to another worker.
    Stopped,
}

impl Outcome {
    fn counted(&self) -> JobOutcome {
        match self {
            Self::Succeeded(_) | Self::Completed { .. } => JobOutcome::Completed,
            Self::Retried { .. } => JobOutcome::Retried,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::HandedBack { .. } | Self::WaitsForChildren | Self::Stopped => JobOutcome::GivenBack,
        }
    }
}

/// What is to be written down of a run that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Succeeded {
    pub(crate) result: Option<String>,
    pub(crate) drop_row: bool,
}

impl<C: Context> Execution<C> {
    /// Runs the job and writes down how it ended, except that it succeeded. The run is counted, and a span of its own.
    pub(crate) async fn execute(&self) -> Outcome {
        let (job, metrics) = (&self.job, &self.registry.metrics.jobs);
        let span = tracing::debug_span!(
            "job",
            otel.name = job.name,
            otel.kind = "consumer",
            otel.error = tracing::field::Empty,
            job.id = job.id,
            job.queue = job.queue,
            job.attempt = job.attempts_made + 1,
        );
        let (begun, due) = (self.clock.now(), job.run_at.max(job.created_at));
        metrics.started(&job.queue, milliseconds(begun.as_millisecond() - due));
        let outcome = self.work().instrument(span.clone()).await;
        let ran = milliseconds(self.clock.now().as_millisecond() - begun.as_millisecond());
        metrics.ended(&job.queue, self.registry.kind(&self.job), outcome.counted(), ran);
        if let Outcome::Failed { failure } | Outcome::Retried { failure, .. } = &outcome {
            span.record("otel.error", &failure.code);
        }
        outcome
    }

    async fn work(&self) -> Outcome {
        let Some(handler) = self.registry.handler(&self.job) else {
            tracing::warn!(job.id = %self.job.id, job.name = %self.job.name, "no code for this kind of job");
            return self.settled(self.give_back(UNKNOWN_KIND_WAIT).await);
        };
        tracing::debug!(job.id = %self.job.id, job.name = %self.job.name, "started");
        let end = Arc::<End>::default();
        let ended = if self.job.cancel_requested {
            Err(JobError::LeaseLost)
        } else if self.job.stalled > MAX_STALLED {
            Err(JobError::Fail(FailureCode::WorkerLost.into()))
        } else {
            self.run(&handler, &end).await
        };
        match end.written() {
            Some(Written::Complete) => return Outcome::Completed { result: end.take_result() },
            Some(Written::Waiting) => return Outcome::WaitsForChildren,
            None => {}
        }
        match ended {
            Ok(()) => Outcome::Succeeded(Succeeded {
                result: end.take_result(),
                drop_row: handler.kept() == Kept::WhileFailed,
            }),
            Err(_) if !self.is_held().await => Outcome::Stopped,
            Err(error) => self.settle(error).await,
        }
    }

    /// Waits for a claim that is being written down.
    async fn is_held(&self) -> bool {
        match &self.claim {
            Some(claim) => claim.is_held().await,
            None => true,
        }
    }

    /// Returns when a claim that was being written down has come to nothing.
    async fn is_refused(&self) {
        match &self.claim {
            Some(claim) => claim.is_refused().await,
            None => std::future::pending().await,
        }
    }

    /// What is written down when the run has succeeded.
    pub(crate) fn completion(&self, succeeded: Succeeded) -> Completion {
        let Succeeded { result, drop_row } = succeeded;
        Completion { lease: self.job.lease(), result, drop_row }
    }

    /// Runs the job beside its heartbeat. The run is awaited to its end in every case, so nothing of it is left.
    async fn run(&self, handler: &Arc<dyn Handler<C>>, end: &Arc<End>) -> Result<(), JobError> {
        let stop = self.cancel.child_token();
        let (progress, mut progress_seen) = watch::channel(Progress::default());
        let run = Run {
            db: self.db.clone(),
            clock: self.clock.clone(),
            lease: self.job.lease(),
            claim: self.claim.clone(),
            kept: handler.kept(),
            attempt: self.job.attempts_made.unsigned_abs() + 1,
            cancel: stop.clone(),
            progress,
            end: end.clone(),
            mirror: self.mirror.clone(),
        };
        let mut cancelled = self.db.signals().cancelled();
        let mut task = {
            let (handler, context, job) = (handler.clone(), self.context.clone(), self.job.clone());
            self.runtime.spawn(async move { handler.run(&job, &run, &context).await }.in_current_span())
        };
        let _stop_when_dropped = stop.clone().drop_guard();
        let mut deadline = self.clock.now() + self.timeout(&**handler);
        let mut held_until = self.clock.now() + LEASE;
        let mut cut_off = None;
        let mut shown = Progress::default();
        loop {
            let reason = tokio::select! {
                joined = &mut task => {
                    let progress = progress_seen.borrow_and_update().clone();
                    self.show(&progress, &mut shown).await;
                    let outcome = joined.unwrap_or_else(|error| Err(broken_off(&self.job, &error)));
                    return outcome.map_err(|error| cut_off.unwrap_or(error));
                }
                () = self.until_beat(&mut progress_seen, &mut cancelled), if cut_off.is_none() => {
                    if self.claim.as_ref().is_some_and(PendingClaim::is_under_way) {
                        continue;
                    }
                    let progress = progress_seen.borrow_and_update().clone();
                    match self.beat(&**handler, &progress).await {
                        Ok(Beat::Held) => {
                            held_until = self.clock.now() + LEASE;
                            self.show(&progress, &mut shown).await;
                            continue;
                        }
                        // A database that fails for a moment is not yet a lost lease.
                        Err(error) if self.clock.now() < held_until => {
                            tracing::warn!(job.id = %self.job.id, %error, "a heartbeat failed");
                            continue;
                        }
                        Ok(Beat::CancelRequested | Beat::Lost) | Err(_) => JobError::LeaseLost,
                    }
                }
                () = self.cancel.cancelled(), if cut_off.is_none() => JobError::LeaseLost,
                () = self.is_refused(), if cut_off.is_none() => JobError::LeaseLost,
                () = self.clock.sleep_until(deadline), if cut_off.is_none() => FailureCode::JobTimeout.into(),
                () = self.clock.sleep_until(deadline), if cut_off.is_some() => {
                    tracing::warn!(job.id = %self.job.id, job.name = %self.job.name, "the run does not stop and is aborted");
                    task.abort();
                    deadline = Timestamp::MAX;
                    continue;
                }
            };
            stop.cancel();
            deadline = self.clock.now() + CUT_OFF_GRACE;
            cut_off = Some(reason);
        }
    }

    fn books(&self) -> &C::Bookkeeping {
        self.context.bookkeeping()
    }

    /// Shows progress that has not been shown yet.
    async fn show(&self, progress: &Progress, shown: &mut Progress) {
        if let Some(mirror) = &self.mirror
            && progress != shown
        {
            mirror.progress(progress).await;
            shown.clone_from(progress);
        }
    }

    fn timeout(&self, handler: &dyn Handler<C>) -> Duration {
        let own = self.job.timeout_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        own.unwrap_or_else(|| handler.timeout())
    }

    /// Waits until it is time for a heartbeat: the next one is due, there is progress to store, or somebody has asked for
    /// the job to stop.
    async fn until_beat(
        &self,
        progress: &mut watch::Receiver<Progress>,
        cancelled: &mut broadcast::Receiver<Arc<str>>,
    ) {
        let started = self.clock.now();
        tokio::select! {
            () = self.clock.sleep_until(started + HEARTBEAT) => {}
            () = async {
                if progress.changed().await.is_err() { std::future::pending::<()>().await }
                self.clock.sleep_until(started + PROGRESS_EVERY).await;
            } => {}
            () = is_named(cancelled, &self.job.id) => {}
        }
    }

    async fn beat(&self, handler: &dyn Handler<C>, progress: &Progress) -> Result<Beat, DbError> {
        let lease_until = (self.clock.now() + LEASE).as_millisecond();
        let data = progress.data.as_ref().map(ToString::to_string);
        let tx = self.db.begin().await?;
        let beat = jobs::beat(&tx, &self.job.lease(), lease_until, progress.share, data.as_deref()).await?;
        if beat == Beat::Held {
            handler.progressed(&self.job, &tx, self.books(), progress.share).await?;
        }
        tx.commit().await?;
        Ok(beat)
    }

    /// Writes down how the run ended, until the database answers or another worker has taken the job over.
    async fn settle(&self, error: JobError) -> Outcome {
        let give_up = self.clock.now() + LEASE;
        loop {
            let settled = self.try_settle(&error).await;
            match &settled {
                Err(error) if self.clock.now() < give_up => {
                    tracing::warn!(job.id = %self.job.id, %error, "the end of a run could not be stored, will try again");
                    self.clock.sleep_until(self.clock.now() + DATABASE_RETRY).await;
                }
                _ => return self.settled(settled),
            }
        }
    }

    async fn try_settle(&self, error: &JobError) -> Result<Outcome, DbError> {
        match error {
            // The process stops: the run was cut off by us, so it does not count as an attempt.
            _ if self.cancel.is_cancelled() => self.give_back(Duration::ZERO).await,
            JobError::Snooze(wait) => self.give_back(*wait).await,
            JobError::LeaseLost => self.stop_if_cancelled().await,
            JobError::Fail(failure) => self.fail(failure).await,
            JobError::Retry(failure) | JobError::RetryAfter(failure, _)
                if self.job.attempts_made + 1 >= self.max_attempts() =>
            {
                self.fail(failure).await
            }
            JobError::Retry(failure) => self.retry(failure, Duration::ZERO).await,
            JobError::RetryAfter(failure, wait) => self.retry(failure, *wait).await,
        }
    }

    fn max_attempts(&self) -> i32 {
        self.registry.retries.attempts(self.job.max_attempts)
    }

    async fn give_back(&self, wait: Duration) -> Result<Outcome, DbError> {
        let at_ms = (self.clock.now() + wait).as_millisecond();
        let tx = self.db.begin().await?;
        jobs::give_back(&tx, &self.job.lease(), at_ms, self.clock.now_ms()).await?;
        tx.commit().await?;
        Ok(Outcome::HandedBack { at_ms })
    }

    /// A cancelled job fails, or goes with its subject; one that another worker has taken over, or will, is left alone.
    async fn stop_if_cancelled(&self) -> Result<Outcome, DbError> {
        let tx = self.db.begin().await?;
        let is_gone = jobs::remove_if_cancelled(&tx, &self.job.lease(), self.clock.now_ms()).await?;
        let row = jobs::find(tx.conn(), &self.job.id).await?;
        tx.commit().await?;
        match row {
            Some(row) if !is_gone && row.cancel_requested && row.token == self.job.token => {
                self.fail(&FailureCode::Cancelled.into()).await
            }
            _ => Ok(Outcome::Stopped),
        }
    }

    async fn fail(&self, failure: &Failure) -> Result<Outcome, DbError> {
        tracing::warn!(job.id = %self.job.id, job.name = %self.job.name, code = %failure.code, "failed: {}", failure.message);
        let now = self.clock.now_ms();
        let tx = self.db.begin().await?;
        let Some((job, parents)) = jobs::fail(&tx, &self.job.lease(), failure, now).await? else {
            return Ok(Outcome::Stopped);
        };
        let noted =
            std::panic::AssertUnwindSafe(self.tell_failed(&tx, &job, &parents, failure)).catch_unwind();
        match noted.await {
            Ok(noted) => {
                noted?;
                tx.commit().await?;
            }
            Err(_) => {
                // What panics once would panic for ever, and the job would never end.
                tracing::error!(job.id = %self.job.id, job.name = %self.job.name, "noting the failure panicked; the job fails without it");
                drop(tx);
                let tx = self.db.begin().await?;
                jobs::fail(&tx, &self.job.lease(), failure, now).await?;
                tx.commit().await?;
            }
        }
        Ok(Outcome::Failed { failure: failure.clone() })
    }

    async fn tell_failed(
        &self,
        tx: &Tx,
        job: &Job,
        parents: &[Job],
        failure: &Failure,
    ) -> Result<(), DbError> {
        self.registry.failed(job, tx, self.books(), failure).await?;
        for parent in parents {
            self.registry.failed(parent, tx, self.books(), &FailureCode::ChildFailed.into()).await?;
        }
        Ok(())
    }

    async fn retry(&self, failure: &Failure, at_least: Duration) -> Result<Outcome, DbError> {
        let backoff = self.backoff().await;
        let base_ms = self.registry.retries.first_backoff_ms(backoff.base_ms);
        let wait = wait_after(&self.job, Backoff { base_ms, ..backoff }, chance(&self.job)).max(at_least);
        tracing::warn!(job.id = %self.job.id, code = %failure.code, wait_s = wait.as_secs(), "attempt failed, will retry: {}", failure.message);
        let now = self.clock.now();
        let at_ms = (now + wait).as_millisecond();
        let tx = self.db.begin().await?;
        let is_ours = jobs::retry_at(&tx, &self.job.lease(), failure, at_ms, now.as_millisecond()).await?;
        tx.commit().await?;
        Ok(if is_ours { Outcome::Retried { at_ms, failure: failure.clone() } } else { Outcome::Stopped })
    }

    /// What another program has asked for is read in full only now; the row may have less.
    async fn backoff(&self) -> Backoff {
        let asked = match &self.mirror {
            Some(mirror) if self.job.foreign_id.is_some() => mirror.backoff().await,
            _ => None,
        };
        asked.unwrap_or(self.job.backoff)
    }

    fn settled(&self, settled: Result<Outcome, DbError>) -> Outcome {
        match settled {
            Ok(outcome) => {
                tracing::debug!(job.id = %self.job.id, job.name = %self.job.name, "ended: {outcome:?}");
                outcome
            }
            // The lease runs out and the job is taken over.
            Err(error) => {
                tracing::warn!(job.id = %self.job.id, %error, "the end of a run could not be stored");
                Outcome::Stopped
            }
        }
    }
}

/// A clock that is behind another machine's may find the difference negative.
fn milliseconds(difference: i64) -> Duration {
    Duration::from_millis(u64::try_from(difference).unwrap_or_default())
}

/// Returns when this job is named; a receiver that is behind may have missed it.
async fn is_named(cancelled: &mut broadcast::Receiver<Arc<str>>, id: &str) {
    loop {
        match cancelled.recv().await {
            Ok(named) if &*named != id => {}
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// The wait before the next attempt: the base after the first failed run, then doubled each time unless it is fixed, an
/// hour at most; less by a share of the jitter that `chance`, 0 to 1, says.
fn wait_after(job: &Job, backoff: Backoff, chance: f64) -> Duration {
    let doublings = match backoff.kind {
        BackoffKind::Exponential => job.attempts_made.clamp(0, 20),
        BackoffKind::Fixed => 0,
    };
    let longest_ms = backoff.base_ms.max(0).saturating_mul(1 << doublings).cast_unsigned();
    let longest = Duration::from_millis(longest_ms).min(MAX_BACKOFF);
    longest.mul_f64(1.0 - backoff.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0))
}

/// 0 to 1, different from job to job and from attempt to attempt.
fn chance(job: &Job) -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    let random = RandomState::new().hash_one((&job.id, job.token));
    f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

fn broken_off(job: &Job, error: &tokio::task::JoinError) -> JobError {
    // An aborted run has not panicked.
    if error.is_panic() {
        tracing::error!(job.id = %job.id, job.name = %job.name, %error, "the job panicked");
    }
    FailureCode::Internal.into()
}
