//! Jobs: rows that commit together with the state change that needs them.
//!
//! States carry BullMQ's names. A claim gives the worker a lease and a fencing token; every later statement of that
//! worker names the token and changes nothing once another worker has claimed the job.

mod add;
mod attempts;
mod claim;
mod finish;
mod flow;
mod logs;
mod manage;
mod outside;
mod queues;
mod sql;
mod subject;
mod turn;
mod upkeep;
mod workers;

pub use add::{Backoff, BackoffKind, MAX_PRIORITY, NewJob, OnChildFailure, Parent, insert, insert_many};
pub use attempts::{Attempt, attempts_of};
pub use claim::{Beat, beat, hold};
pub use finish::{
    Completion, complete, complete_many, fail, give_back, remove_if_cancelled, retry_at, wait_for_children,
};
pub use flow::{ChildResult, child_ended, children_of};
pub use logs::{LogLine, append_log, logs_of};
pub use manage::{
    Counts, Filter, cancel, clear_finished, counts, counts_by_queue, list, promote, remove_idle, retry,
};
pub use outside::{
    Adoption, EndedOutside, Handed, Handover, Received, Relayed, end_outside, find_many, free_expired,
    lock_many, mark_relayed, note_stalls, receive, relay_again, relayed, relayed_queues, set_foreign_id,
    take, unrelayed,
};
pub use queues::{Limits, Rate, admit, is_paused, pause, paused_queues, resume};
pub(crate) use sql::statement;
pub use subject::{
    any_active_of_subject, any_pending, cancel_by_subject, delete_by_subject, remove_waiting, set_subject,
};
pub use turn::{Claimant, Turn, turn};
pub use upkeep::{promote_due, prune, recover_expired, recover_of_worker, wake_workers};
pub use workers::{forget_worker, idle_elsewhere, note_worker};

use sea_orm::{ConnectionTrait, EntityTrait};
use serde::Serialize;
use telecine_model::{Failure, JobState};

use crate::entity::jobs::{Entity, Model};
use crate::error::DbError;

pub(crate) const WAITING: &str = JobState::Waiting.as_str();
pub(crate) const DELAYED: &str = JobState::Delayed.as_str();
pub(crate) const ACTIVE: &str = JobState::Active.as_str();
pub(crate) const WAITING_CHILDREN: &str = JobState::WaitingChildren.as_str();
pub(crate) const COMPLETED: &str = JobState::Completed.as_str();
pub(crate) const FAILED: &str = JobState::Failed.as_str();

/// A job as stored.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub name: String,
    /// Arguments as JSON.
    pub data: String,
    /// What it works on.
    pub subject: Option<String>,
    /// Where it stands.
    pub state: JobState,
    /// 0 runs first, then 1, 2, …
    pub priority: i32,
    /// Runs that may fail before the job does.
    pub max_attempts: i32,
    /// Runs that have failed.
    pub attempts_made: i32,
    /// The waits between runs.
    pub backoff: Backoff,
    /// The longest run, in milliseconds, when it is not its kind's.
    pub timeout_ms: Option<i64>,
    /// How often a worker disappeared while it held the job.
    pub stalled: i32,
    /// The fencing token of the last claim; grows by one with each.
    pub token: i64,
    /// Who has it, or had it last.
    pub worker: Option<String>,
    /// Whether it was asked to stop.
    pub cancel_requested: bool,
    /// 0 to 1.
    pub progress: f64,
    /// What it reports beside the number: JSON.
    pub progress_data: Option<String>,
    /// What it has returned: JSON.
    pub result: Option<String>,
    /// The last failure.
    pub failure: Option<Failure>,
    /// The job that waits for it.
    pub parent_id: Option<String>,
    /// Children that have not ended.
    pub children_left: i32,
    /// The id that another program gave it.
    pub foreign_id: Option<String>,
    /// Milliseconds since 1970; it does not run before.
    pub run_at: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When its last run began, in milliseconds since 1970.
    pub started_at: Option<i64>,
    /// Milliseconds since 1970.
    pub finished_at: Option<i64>,
}

impl TryFrom<Model> for Job {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let state = row.state.parse().map_err(|_| DbError::Corrupt {
            table: "jobs",
            id: row.id.clone(),
            column: "state",
        })?;
        let message = row.failed_reason.unwrap_or_default();
        let detail = row.failed_detail;
        let failure = row.failed_code.map(|code| Failure { code, message, detail });
        let kind = if row.backoff_kind == "fixed" { BackoffKind::Fixed } else { BackoffKind::Exponential };
        Ok(Self {
            id: row.id,
            queue: row.queue,
            name: row.name,
            data: row.data,
            subject: row.subject,
            state,
            priority: row.priority,
            max_attempts: row.max_attempts,
            attempts_made: row.attempts_made,
            backoff: Backoff { base_ms: row.backoff_ms, kind, jitter: row.backoff_jitter },
            timeout_ms: row.timeout_ms,
            stalled: row.stalled,
            token: row.token,
            worker: row.worker,
            cancel_requested: row.cancel_requested,
            progress: row.progress,
            progress_data: row.progress_data,
            result: row.result,
            failure,
            parent_id: row.parent_id,
            children_left: row.children_left,
            foreign_id: row.foreign_id,
            run_at: row.run_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

/// The right to work on a job: its id and the fencing token of the claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Lease {
    /// The job.
    pub job_id: String,
    /// The token of the claim.
    pub token: i64,
}

impl Job {
    /// The lease of its last claim.
    #[must_use]
    pub fn lease(&self) -> Lease {
        Lease { job_id: self.id.clone(), token: self.token }
    }
}

/// The job with this id.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn find(conn: &impl ConnectionTrait, id: &str) -> Result<Option<Job>, DbError> {
    Entity::find_by_id(id).one(conn).await?.map(Job::try_from).transpose()
}
