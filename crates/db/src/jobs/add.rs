//! Adding jobs.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::ConnectionTrait;
use serde::Serialize;
use telecine_model::JobState;

use super::sql::{JsonColumn, json, json_rows, statement};
use crate::error::DbError;
use crate::transaction::Tx;

/// Jobs of one statement.
const CHUNK: usize = 500;
/// The most urgent of jobs with a priority is 1; 0 comes before all. This one is BullMQ's last.
pub const MAX_PRIORITY: i32 = 2_097_152;

/// How the wait before another attempt grows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Backoff {
    /// The wait after the first failed run, in milliseconds.
    #[serde(rename = "backoff_ms")]
    pub base_ms: i64,
    /// Whether it doubles with each further failure.
    #[serde(rename = "backoff_kind")]
    pub kind: BackoffKind,
    /// 0 to 1: the share of the wait that is left to chance, so that many jobs do not come back at one moment.
    #[serde(rename = "backoff_jitter")]
    pub jitter: f64,
}

/// The kinds of [`Backoff`], named as BullMQ does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BackoffKind {
    /// Doubles with each further failure.
    Exponential,
    /// Stays the same.
    Fixed,
}

impl Backoff {
    /// Doubles from `base_ms`, without jitter.
    #[must_use]
    pub fn exponential(base_ms: i64) -> Self {
        Self { base_ms, kind: BackoffKind::Exponential, jitter: 0.0 }
    }
}

/// What the failure of a child does to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnChildFailure {
    /// The parent waits until the child has been tried again and succeeds.
    Wait,
    /// The parent fails too.
    Fail,
    /// The parent goes on without it.
    Ignore,
}

/// The job that waits for this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parent {
    /// Its id.
    #[serde(rename = "parent_id")]
    pub id: String,
    /// What a failure of this job does to it.
    pub on_failure: OnChildFailure,
}

/// A job to be added.
#[derive(Debug, Clone, Serialize)]
pub struct NewJob {
    /// Unique; adding a job whose id exists is a no-op.
    pub id: String,
    /// The queue it waits in.
    pub queue: String,
    /// The kind of job.
    pub name: String,
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
    /// The waits between them.
    #[serde(flatten)]
    pub backoff: Backoff,
    /// The longest run, in milliseconds, when it is not its kind's.
    pub timeout_ms: Option<i64>,
    /// The job that waits for it.
    #[serde(flatten)]
    pub parent: Option<Parent>,
    /// How many children have to end before it runs.
    #[serde(rename = "children_left")]
    pub children: i32,
}

impl NewJob {
    /// A job to run at once, once, with everything else left out.
    #[must_use]
    pub fn new(id: &str, queue: &str, name: &str, data: &str) -> Self {
        Self {
            id: id.to_owned(),
            queue: queue.to_owned(),
            name: name.to_owned(),
            data: data.to_owned(),
            subject: None,
            priority: 0,
            run_at: 0,
            max_attempts: 1,
            backoff: Backoff::exponential(0),
            timeout_ms: None,
            parent: None,
            children: 0,
        }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    job: &'a NewJob,
    state: &'static str,
    seq: i64,
}

const COLUMNS: &[JsonColumn] = &[
    ("id", "text"),
    ("queue", "text"),
    ("name", "text"),
    ("data", "text"),
    ("subject", "text"),
    ("state", "text"),
    ("priority", "integer"),
    ("run_at", "bigint"),
    ("max_attempts", "integer"),
    ("backoff_ms", "bigint"),
    ("backoff_kind", "text"),
    ("backoff_jitter", "double precision"),
    ("timeout_ms", "bigint"),
    ("parent_id", "text"),
    ("on_failure", "text"),
    ("children_left", "integer"),
    ("seq", "bigint"),
];

/// Adds a job; `false` when one with this id exists already.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert(tx: &Tx, job: &NewJob, now: i64) -> Result<bool, DbError> {
    Ok(!insert_many(tx, std::slice::from_ref(job), now).await?.is_empty())
}

/// Adds jobs, in this order; returns the ids of those that are new.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert_many(tx: &Tx, jobs: &[NewJob], now: i64) -> Result<BTreeSet<String>, DbError> {
    let backend = tx.conn().get_database_backend();
    let names = COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    // `WHERE true`: SQLite would otherwise take ON CONFLICT for a join.
    let sql = format!(
        "INSERT INTO jobs ({names}, attempts_made, stalled, token, cancel_requested, progress, created_at, \
           relayed_at) \
         SELECT {names}, 0, 0, 0, FALSE, 0.0, $2, $3 FROM ({rows}) AS fresh WHERE true \
         ON CONFLICT (id) DO NOTHING RETURNING id",
        rows = json_rows(backend, COLUMNS),
    );
    let mut added = BTreeSet::new();
    for chunk in jobs.chunks(CHUNK) {
        let first = next_seqs(now, chunk.len());
        let rows: Vec<Row<'_>> = (first..).zip(chunk).map(|(seq, job)| row(job, seq, now)).collect();
        let inserted = tx
            .conn()
            .query_all_raw(statement(tx.conn(), &sql, [json(&rows), now.into(), tx.not_relayed().into()]))
            .await?;
        for row in inserted {
            let id: String = row.try_get_by_index(0)?;
            tx.touch_job(&id);
            added.insert(id);
        }
    }
    if !added.is_empty() {
        tx.note_jobs();
    }
    Ok(added)
}

fn row(job: &NewJob, seq: i64, now: i64) -> Row<'_> {
    let state = match job {
        NewJob { children: 1.., .. } => JobState::WaitingChildren,
        NewJob { run_at, .. } if *run_at > now => JobState::Delayed,
        NewJob { .. } => JobState::Waiting,
    };
    Row { job, state: state.as_str(), seq }
}

/// Numbers that grow with each job of this process, and are about the time in microseconds among several.
pub(super) fn next_seqs(now: i64, count: usize) -> i64 {
    static LAST: AtomicI64 = AtomicI64::new(0);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let first = |last: i64| (last + 1).max(now.saturating_mul(1000));
    let step = |last| Some(first(last) + count - 1);
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or_default();
    first(last)
}
