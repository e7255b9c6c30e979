//! Jobs: rows that commit together with the state change that needs them.
//!
//! States carry BullMQ's names. A job that is to run later is `waiting` with `run_at` in the future. A claim gives the
//! worker a lease and a fencing token; every later statement of that worker names the token and changes nothing once
//! another worker has claimed the job.

mod claim;
mod finish;
mod upkeep;

pub use claim::{Beat, beat, claim, hold};
pub use finish::{complete, fail, give_back, remove, remove_if_cancelled, retry_at};
pub use upkeep::{
    any_active_of_subject, any_pending, cancel_by_subject, delete_by_subject, next_due, prune,
    recover_expired, recover_of_worker, remove_waiting,
};

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, TryInsertResult};

use crate::connection::Tx;
use crate::entity::jobs::{ActiveModel, Column, Entity, Model};
use crate::error::DbError;

pub(crate) const WAITING: &str = "waiting";
pub(crate) const ACTIVE: &str = "active";
pub(crate) const COMPLETED: &str = "completed";
pub(crate) const FAILED: &str = "failed";

/// A job to be added.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Unique; adding a job whose id exists is a no-op.
    pub id: String,
    /// The queue it waits in.
    pub queue: &'static str,
    /// The kind of job.
    pub name: &'static str,
    /// Arguments as JSON.
    pub data: String,
    /// What the job works on, for finding and cancelling it; a video's id for instance.
    pub subject: Option<String>,
    /// 0 runs first, then 1, 2, …
    pub priority: i32,
    /// Milliseconds since 1970; not before.
    pub run_at: i64,
    /// Runs that may fail before the job does, at least 1.
    pub max_attempts: i32,
    /// Wait after the first failed run, in milliseconds; doubles with each further one.
    pub backoff_ms: i64,
}

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
    /// `waiting`, `active`, `completed` or `failed`.
    pub state: String,
    /// Runs that may fail before the job does.
    pub max_attempts: i32,
    /// Runs that have failed.
    pub attempts_made: i32,
    /// Wait after the first failed run, in milliseconds.
    pub backoff_ms: i64,
    /// How often a worker disappeared while it held the job.
    pub stalled: i32,
    /// The fencing token of the last claim; grows by one with each.
    pub token: i64,
    /// 0 to 1.
    pub progress: f64,
    /// Code of the last failure.
    pub failed_code: Option<String>,
    /// Sentence of the last failure.
    pub failed_reason: Option<String>,
    /// Milliseconds since 1970; it does not run before.
    pub run_at: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub finished_at: Option<i64>,
}

impl From<Model> for Job {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            queue: row.queue,
            name: row.name,
            data: row.data,
            subject: row.subject,
            state: row.state,
            max_attempts: row.max_attempts,
            attempts_made: row.attempts_made,
            backoff_ms: row.backoff_ms,
            stalled: row.stalled,
            token: row.token,
            progress: row.progress,
            failed_code: row.failed_code,
            failed_reason: row.failed_reason,
            run_at: row.run_at,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// The right to work on a job: its id and the fencing token of the claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job_id: String,
    /// The token of the claim.
    pub token: i64,
}

/// Adds a job; `false` when one with this id exists already.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert(tx: &Tx, job: &NewJob, now: i64) -> Result<bool, DbError> {
    let row = ActiveModel {
        id: Set(job.id.clone()),
        queue: Set(job.queue.to_owned()),
        name: Set(job.name.to_owned()),
        data: Set(job.data.clone()),
        subject: Set(job.subject.clone()),
        state: Set(WAITING.to_owned()),
        priority: Set(job.priority),
        run_at: Set(job.run_at),
        max_attempts: Set(job.max_attempts.max(1)),
        attempts_made: Set(0),
        backoff_ms: Set(job.backoff_ms),
        stalled: Set(0),
        token: Set(0),
        cancel_requested: Set(false),
        progress: Set(0.0),
        created_at: Set(now),
        ..ActiveModel::default()
    };
    let keep = OnConflict::column(Column::Id).do_nothing().to_owned();
    let inserted =
        Entity::insert(row).on_conflict(keep).try_insert().exec_without_returning(tx.conn()).await?;
    let is_new = matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0);
    if is_new {
        tx.note_job_added();
    }
    Ok(is_new)
}

/// The job with this id.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn find(conn: &impl ConnectionTrait, id: &str) -> Result<Option<Job>, DbError> {
    Ok(Entity::find_by_id(id).one(conn).await?.map(Job::from))
}
