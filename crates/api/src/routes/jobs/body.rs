//! Jobs as the API and the command line show them: every text that programs or tools have written is masked.

use serde::Serialize;
use serde_json::Value;
use telecine_db::jobs::{Attempt, BackoffKind, ChildResult, Job, LogLine};
use telecine_model::Failure;
use telecine_queue::{JobDetails, masked_json, masked_text};
use utoipa::ToSchema;

use super::super::uploads::time;

/// A job in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobSummary {
    /// Its id.
    pub id: String,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub name: String,
    /// `waiting`, `delayed`, `active`, `waiting-children`, `completed` or `failed`.
    pub state: &'static str,
    /// What it works on, such as a video's id.
    pub subject: Option<String>,
    /// 0 runs first, then 1, 2, …
    pub priority: i32,
    /// Runs that have failed.
    pub attempts_made: i32,
    /// Runs that may fail before the job does.
    pub max_attempts: i32,
    /// How often a worker disappeared while it held the job.
    pub stalled: i32,
    /// 0 to 1.
    pub progress: f64,
    /// Who has it, or had it last.
    pub worker: Option<String>,
    /// Whether it was asked to stop.
    pub cancel_requested: bool,
    /// Why it failed, or why its last run did.
    pub failure: Option<JobFailureBody>,
    /// It does not run before.
    pub run_at: String,
    /// When it was added.
    pub created_at: String,
    /// When its last run began.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Seconds that the last run took, once the job has ended.
    pub duration_s: Option<f64>,
}

/// A job with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobBody {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: JobSummary,
    /// Its arguments; secrets are masked.
    pub data: Value,
    /// What it reports beside the number.
    pub progress_data: Option<Value>,
    /// What it has returned.
    pub result: Option<Value>,
    /// The wait after the first failed run, in seconds.
    pub backoff_s: f64,
    /// `exponential` or `fixed`.
    pub backoff_kind: &'static str,
    /// The longest run in seconds, when it is not its kind's.
    pub timeout_s: Option<f64>,
    /// The job that waits for it.
    pub parent_id: Option<String>,
    /// The id that another program gave it.
    pub foreign_id: Option<String>,
    /// Children that have not ended.
    pub children_left: i32,
    /// Its runs that did not succeed, oldest first; the newest 50 are kept.
    pub attempts: Vec<AttemptBody>,
    /// The first 200 lines of its log.
    pub log: Vec<LogLineBody>,
    /// The jobs that it waits for or has waited for.
    pub children: Vec<ChildBody>,
}

/// Why a job or a run failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobFailureBody {
    /// A stable code.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
    /// The last lines of the tool's output, when a tool said something.
    pub detail: Option<String>,
}

/// A run that did not succeed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptBody {
    /// Grows with each run of the job.
    pub run: i64,
    /// Who ran it.
    pub worker: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// When it ended.
    pub ended_at: String,
    /// Seconds between the two.
    pub duration_s: Option<f64>,
    /// `retried`, `failed`, or `stalled` when its worker disappeared.
    pub outcome: String,
    /// Why.
    pub failure: Option<JobFailureBody>,
}

/// A line that a job has written down.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogLineBody {
    /// Counts from 1 with each line of the job.
    pub number: i64,
    /// When it was written.
    pub at: String,
    /// The text.
    pub line: String,
}

/// What a child has left for its parent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChildBody {
    /// Its id.
    pub id: String,
    /// Its state.
    pub state: &'static str,
    /// What it has returned.
    pub result: Option<Value>,
    /// Why it failed.
    pub failed_reason: Option<String>,
}

impl From<Job> for JobSummary {
    fn from(job: Job) -> Self {
        let ran = job.started_at.zip(job.finished_at).filter(|(started, finished)| started <= finished);
        Self {
            id: job.id,
            queue: job.queue,
            name: job.name,
            state: job.state.as_str(),
            subject: job.subject,
            priority: job.priority,
            attempts_made: job.attempts_made,
            max_attempts: job.max_attempts,
            stalled: job.stalled,
            progress: job.progress,
            worker: job.worker,
            cancel_requested: job.cancel_requested,
            failure: job.failure.map(JobFailureBody::from),
            run_at: time(job.run_at),
            created_at: time(job.created_at),
            started_at: job.started_at.map(time),
            finished_at: job.finished_at.map(time),
            duration_s: ran.map(|(started, finished)| seconds(finished - started)),
        }
    }
}

impl From<JobDetails> for JobBody {
    fn from(details: JobDetails) -> Self {
        let JobDetails { job, attempts, log, children } = details;
        Self {
            data: masked_json(&job.data),
            progress_data: job.progress_data.as_deref().map(masked_json),
            result: job.result.as_deref().map(masked_json),
            backoff_s: seconds(job.backoff.base_ms),
            backoff_kind: match job.backoff.kind {
                BackoffKind::Exponential => "exponential",
                BackoffKind::Fixed => "fixed",
            },
            timeout_s: job.timeout_ms.map(seconds),
            parent_id: job.parent_id.clone(),
            foreign_id: job.foreign_id.clone(),
            children_left: job.children_left,
            attempts: attempts.into_iter().map(AttemptBody::from).collect(),
            log: log.into_iter().map(LogLineBody::from).collect(),
            children: children.into_iter().map(ChildBody::from).collect(),
            summary: job.into(),
        }
    }
}

impl From<Failure> for JobFailureBody {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code,
            message: masked_text(&failure.message),
            detail: failure.detail.as_deref().map(masked_text),
        }
    }
}

impl From<Attempt> for AttemptBody {
    fn from(attempt: Attempt) -> Self {
        Self {
            run: attempt.token,
            worker: attempt.worker,
            started_at: attempt.started_at.map(time),
            ended_at: time(attempt.ended_at),
            duration_s: attempt.started_at.map(|started| seconds(attempt.ended_at - started)),
            outcome: attempt.outcome,
            failure: attempt.failure.map(JobFailureBody::from),
        }
    }
}

impl From<LogLine> for LogLineBody {
    fn from(line: LogLine) -> Self {
        Self { number: line.number, at: time(line.at), line: masked_text(&line.line) }
    }
}

impl From<ChildResult> for ChildBody {
    fn from(child: ChildResult) -> Self {
        Self {
            id: child.id,
            state: child.state.as_str(),
            result: child.result.as_deref().map(masked_json),
            failed_reason: child.failure.map(|failure| masked_text(&failure.message)),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no run takes 285 000 years")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
