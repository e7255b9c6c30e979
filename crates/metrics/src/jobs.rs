//! Jobs that ran in this process.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::counter::Counter;
use crate::histogram::Histogram;
use crate::text::Text;

/// From a look into the database to the encoding of a film, in seconds.
const RUN_BOUNDS: &[f64] =
    &[0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14_400.0];
/// From an idle worker to a long queue, in seconds.
const WAIT_BOUNDS: &[f64] =
    &[0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0];

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    /// The job has completed.
    Completed,
    /// The job has failed for good.
    Failed,
    /// The run failed, and there will be another.
    Retried,
    /// The run was stopped or put off, and counts as none: shutdown, cancellation, snooze, a lost lease.
    GivenBack,
}

impl JobOutcome {
    /// The value of the label `outcome`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::GivenBack => "given_back",
        }
    }
}

/// Counts jobs by queue, kind and outcome.
#[derive(Debug)]
pub struct JobMetrics {
    ended: Counter<3>,
    ran: Histogram<2>,
    waited: Histogram<1>,
    active: AtomicI64,
}

/// Jobs of this process in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobTotals {
    /// Completed here.
    pub completed: u64,
    /// Failed for good here.
    pub failed: u64,
    /// Runs that failed here and were to be repeated.
    pub retried: u64,
    /// Running now.
    pub active: u64,
}

impl Default for JobMetrics {
    fn default() -> Self {
        Self {
            ended: Counter::new(
                "telecine_jobs_total",
                "Runs of jobs that have ended in this process.",
                ["queue", "kind", "outcome"],
            ),
            ran: Histogram::new(
                "telecine_job_run_seconds",
                "How long runs of jobs took.",
                ["queue", "kind"],
                RUN_BOUNDS,
            ),
            waited: Histogram::new(
                "telecine_job_wait_seconds",
                "From the time a job was due to the start of its run.",
                ["queue"],
                WAIT_BOUNDS,
            ),
            active: AtomicI64::new(0),
        }
    }
}

impl JobMetrics {
    /// Notes that a run begins, so long after the job was due.
    pub fn started(&self, queue: &str, waited: Duration) {
        self.active.fetch_add(1, Ordering::Relaxed);
        self.waited.observe([queue], waited);
    }

    /// Notes that a run has ended; every [`started`](Self::started) is followed by one of these.
    pub fn ended(&self, queue: &str, kind: &str, outcome: JobOutcome, ran: Duration) {
        self.active.fetch_sub(1, Ordering::Relaxed);
        self.ended.count([queue, kind, outcome.as_str()]);
        self.ran.observe([queue, kind], ran);
    }

    /// The sums over all queues and kinds.
    #[must_use]
    pub fn totals(&self) -> JobTotals {
        let ended = |outcome: JobOutcome| self.ended.sum(|[_, _, found]| &**found == outcome.as_str());
        JobTotals {
            completed: ended(JobOutcome::Completed),
            failed: ended(JobOutcome::Failed),
            retried: ended(JobOutcome::Retried),
            active: u64::try_from(self.active.load(Ordering::Relaxed)).unwrap_or_default(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "no process runs 2^53 jobs")]
    pub(crate) fn write(&self, text: &mut Text) {
        self.ended.write(text);
        self.ran.write(text);
        self.waited.write(text);
        text.gauge("telecine_jobs_active", "Jobs that run in this process now.");
        text.sample("telecine_jobs_active", &[], self.totals().active as f64);
    }
}
