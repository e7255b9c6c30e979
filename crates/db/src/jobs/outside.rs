//! Jobs that are handed out by a queue outside the database, which holds a copy of each: the rows stay the truth.
//!
//! A row is *relayed* once the outside queue has its copy; a row without `relayed_at` is still to be handed over. A job
//! that another program added outside gets its row when it is claimed first ([`Adoption`]).

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult as _, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Statement,
};
use serde::Serialize;
use telecine_model::{Failure, JobState};

use super::add::next_seqs;
use super::claim::claimed;
use super::finish::{Completion, completing, held_of};
use super::sql::{JsonColumn, json, json_rows, statement};
use super::turn::Claimant;
use super::{ACTIVE, Backoff, DELAYED, Job, Lease, WAITING};
use crate::entity::jobs::{Column, Entity, Model};
use crate::error::DbError;
use crate::transaction::Tx;

/// A job of another program, claimed for the first time.
#[derive(Debug, Clone, Serialize)]
pub struct Adoption {
    /// The row's id.
    pub id: String,
    /// The id that the program gave it.
    pub foreign_id: String,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub name: String,
    /// Arguments as JSON.
    pub data: String,
    /// 0 runs first, then 1, 2, …
    pub priority: i32,
    /// Runs that may fail before the job does, at least 1.
    pub max_attempts: i32,
    /// Runs that have failed already.
    pub attempts_made: i32,
    /// The waits between them.
    #[serde(flatten)]
    pub backoff: Backoff,
    /// How often a worker disappeared while it held the job.
    pub stalled: i32,
    /// When it was added, in milliseconds since 1970.
    pub created_at: i64,
    /// Whether its run has succeeded already.
    pub is_completed: bool,
    /// What that run has returned: JSON.
    pub result: Option<String>,
}

impl Adoption {
    /// The row as it is right after its claim.
    #[must_use]
    pub fn claimed(&self, claimant: Claimant<'_>) -> Job {
        Job {
            id: self.id.clone(),
            queue: self.queue.clone(),
            name: self.name.clone(),
            data: self.data.clone(),
            subject: None,
            state: JobState::Active,
            priority: self.priority,
            max_attempts: self.max_attempts,
            attempts_made: self.attempts_made,
            backoff: self.backoff,
            timeout_ms: None,
            stalled: self.stalled,
            token: 1,
            worker: Some(claimant.worker.to_owned()),
            cancel_requested: false,
            progress: 0.0,
            progress_data: None,
            result: None,
            failure: None,
            parent_id: None,
            children_left: 0,
            foreign_id: Some(self.foreign_id.clone()),
            run_at: self.created_at,
            created_at: self.created_at,
            started_at: Some(claimant.now),
            finished_at: None,
        }
    }
}

/// A row that the outside queue has handed to a worker.
#[derive(Debug, Clone, Serialize)]
pub struct Handed {
    /// The row's id.
    pub id: String,
    /// How often a worker disappeared while it held the job, as the queue has counted.
    pub stalled: i32,
}

/// A row as it was when the outside queue got its copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Handover {
    id: String,
    token: i64,
    state: &'static str,
}

impl From<&Job> for Handover {
    fn from(job: &Job) -> Self {
        Self { id: job.id.clone(), token: job.token, state: job.state.as_str() }
    }
}

/// What the reconciler knows of a row that the outside queue should have.
#[derive(Debug, Clone)]
pub struct Relayed {
    /// The row's id.
    pub id: String,
    /// Its queue.
    pub queue: String,
    /// The id outside when it is not the row's.
    pub foreign_id: Option<String>,
    /// Waiting, delayed or active.
    pub state: JobState,
    /// When it was handed over, in milliseconds since 1970.
    pub relayed_at: i64,
    /// When the lease of an active one runs out, in milliseconds since 1970.
    pub lease_until: Option<i64>,
}

impl Relayed {
    /// Its id in the outside queue.
    #[must_use]
    pub fn outside_id(&self) -> &str {
        self.foreign_id.as_deref().unwrap_or(&self.id)
    }
}

const ADOPTED: &[JsonColumn] = &[
    ("id", "text"),
    ("foreign_id", "text"),
    ("queue", "text"),
    ("name", "text"),
    ("data", "text"),
    ("priority", "integer"),
    ("max_attempts", "integer"),
    ("attempts_made", "integer"),
    ("backoff_ms", "bigint"),
    ("backoff_kind", "text"),
    ("backoff_jitter", "double precision"),
    ("stalled", "integer"),
    ("created_at", "bigint"),
    ("result", "text"),
    ("seq", "bigint"),
];
const COMPLETED_ALREADY: JsonColumn = ("is_completed", "boolean");
const HANDED: &[JsonColumn] = &[("id", "text"), ("stalled", "integer")];
const HANDOVER: &[JsonColumn] = &[("id", "text"), ("token", "bigint"), ("state", "text")];
const NAMED: &[JsonColumn] = &[("id", "text")];

/// The rows with these ids; ids without a row are left out.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn find_many(conn: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<Job>, DbError> {
    let sql = format!(
        "SELECT * FROM jobs WHERE id IN (SELECT id FROM ({}) AS n)",
        json_rows(conn.get_database_backend(), NAMED)
    );
    let rows = Entity::find().from_raw_sql(statement(conn, &sql, [named(ids)])).all(conn).await?;
    rows.into_iter().map(Job::try_from).collect()
}

/// What a worker finds of the jobs that were handed to it.
#[derive(Debug, Default)]
pub struct Received {
    /// The ended runs that still held their leases; for the others nothing has changed.
    pub held: BTreeSet<Lease>,
    /// The rows that were looked up, kept from other transactions until this one ends.
    pub known: Vec<Job>,
    /// The new rows of jobs of other programs, already claimed. One is missing when the job has a row.
    pub adopted: Vec<Job>,
}

/// Completes the runs that have succeeded, looks up the rows with these ids, and gives rows to jobs of other programs that
/// have none. A job is ours, and gets no second row, when a row of its queue goes by its id.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn receive(
    tx: &Tx,
    ended: &[Completion],
    ids: &[String],
    foreign: &[Adoption],
    claimant: Claimant<'_>,
) -> Result<Received, DbError> {
    let conn = tx.conn();
    let mut statements = completing(conn, ended, claimant.now);
    let completions = statements.len();
    if !ids.is_empty() {
        statements.push(locking(conn, ids));
    }
    if !foreign.is_empty() {
        statements.push(adopting(conn, foreign, claimant));
    }
    let mut answers = conn.query_each(statements).await?;
    let adopted = if foreign.is_empty() { Vec::new() } else { answers.pop().unwrap_or_default() };
    let known = answers.split_off(completions);
    Ok(Received {
        held: held_of(tx, answers.into_iter().flatten(), claimant.now).await?,
        known: known.iter().flatten().map(job).collect::<Result<_, _>>()?,
        adopted: adopted_of(tx, &adopted, foreign, claimant)?,
    })
}

/// The rows that were made, without reading again what was just written.
fn adopted_of(
    tx: &Tx,
    rows: &[QueryResult],
    foreign: &[Adoption],
    claimant: Claimant<'_>,
) -> Result<Vec<Job>, DbError> {
    let mut made = BTreeSet::new();
    for row in rows {
        let id: String = row.try_get_by_index(0)?;
        tx.touch_job(&id);
        made.insert(id);
    }
    Ok(foreign.iter().filter(|one| made.remove(&one.id)).map(|one| one.claimed(claimant)).collect())
}

/// The rows with these ids, kept from other transactions until this one ends; ids without a row are left out.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn lock_many(tx: &Tx, ids: &[String]) -> Result<Vec<Job>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.conn().query_all_raw(locking(tx.conn(), ids)).await?.iter().map(job).collect()
}

fn job(row: &QueryResult) -> Result<Job, DbError> {
    Job::try_from(Model::from_query_result(row, "")?)
}

fn locking(conn: &impl ConnectionTrait, ids: &[String]) -> Statement {
    let lock = if conn.get_database_backend() == DbBackend::Postgres { "ORDER BY id FOR UPDATE" } else { "" };
    let rows = json_rows(conn.get_database_backend(), NAMED);
    let sql = format!("SELECT * FROM jobs WHERE id IN (SELECT id FROM ({rows}) AS n) {lock}");
    statement(conn, &sql, [named(ids)])
}

/// Takes rows that were handed to this worker, whoever had them before: a lease and a fencing token for each.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn take(tx: &Tx, handed: &[Handed], claimant: Claimant<'_>) -> Result<Vec<Job>, DbError> {
    if handed.is_empty() {
        return Ok(Vec::new());
    }
    let conn = tx.conn();
    let sql = format!(
        "UPDATE jobs SET state = 'active', token = token + 1, worker = $2, lease_until = $3, started_at = $4, \
           progress = 0.0, progress_data = NULL, finished_at = NULL, relayed_at = COALESCE(relayed_at, $4), \
           stalled = times_stalled \
         FROM (SELECT id AS job_id, stalled AS times_stalled FROM ({rows}) AS n) AS handed WHERE id = job_id \
         RETURNING *",
        rows = json_rows(conn.get_database_backend(), HANDED),
    );
    let Claimant { worker, now, lease_until } = claimant;
    let values = [json(&handed), worker.into(), lease_until.into(), now.into()];
    claimed(tx, &conn.query_all_raw(statement(conn, &sql, values)).await?)
}

/// Notes how often the queue has seen workers disappear with these rows, without taking them.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn note_stalls(tx: &Tx, handed: &[Handed]) -> Result<(), DbError> {
    for one in handed {
        let sql = "UPDATE jobs SET stalled = $2 WHERE id = $1 AND stalled < $2";
        tx.conn()
            .execute_raw(statement(tx.conn(), sql, [one.id.as_str().into(), one.stalled.into()]))
            .await?;
    }
    Ok(())
}

fn adopting(conn: &impl ConnectionTrait, foreign: &[Adoption], claimant: Claimant<'_>) -> Statement {
    #[derive(Serialize)]
    struct Row<'a> {
        #[serde(flatten)]
        adopted: &'a Adoption,
        seq: i64,
    }
    let names = ADOPTED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "INSERT INTO jobs ({names}, state, lease_until, finished_at, progress, run_at, token, worker, started_at, \
           relayed_at, cancel_requested, children_left) \
         SELECT {names}, CASE WHEN is_completed THEN 'completed' ELSE 'active' END, \
           CASE WHEN NOT is_completed THEN CAST($3 AS BIGINT) END, \
           CASE WHEN is_completed THEN CAST($4 AS BIGINT) END, CASE WHEN is_completed THEN 1.0 ELSE 0.0 END, \
           created_at, 1, $2, $4, $4, FALSE, 0 FROM ({rows}) AS fresh \
         WHERE NOT EXISTS (SELECT 1 FROM jobs AS ours WHERE ours.id = fresh.foreign_id \
           AND ours.queue = fresh.queue AND ours.foreign_id IS NULL) \
         ON CONFLICT (id) DO NOTHING RETURNING id",
        rows = json_rows(conn.get_database_backend(), &[ADOPTED, &[COMPLETED_ALREADY]].concat()),
    );
    let Claimant { worker, now, lease_until } = claimant;
    let rows: Vec<Row<'_>> =
        (next_seqs(now, foreign.len())..).zip(foreign).map(|(seq, adopted)| Row { adopted, seq }).collect();
    statement(conn, &sql, [json(&rows), worker.into(), lease_until.into(), now.into()])
}

/// The job of another program has this id now.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_foreign_id(tx: &Tx, id: &str, foreign_id: &str) -> Result<(), DbError> {
    let sql = "UPDATE jobs SET foreign_id = $2 WHERE id = $1";
    tx.conn().execute_raw(statement(tx.conn(), sql, [id.into(), foreign_id.into()])).await?;
    Ok(())
}

/// Up to `limit` rows that wait to be handed over, in the order they were added.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn unrelayed(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<Job>, DbError> {
    let rows = Entity::find()
        .filter(Column::RelayedAt.is_null())
        .filter(Column::FinishedAt.is_null())
        .filter(Column::State.is_in([WAITING, DELAYED]))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(conn)
        .await?;
    rows.into_iter().map(Job::try_from).collect()
}

/// The outside queue has these rows now. One that has changed since then is to be handed over again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_relayed(tx: &Tx, handed: &[Handover], now: i64) -> Result<(), DbError> {
    let rows = json_rows(tx.conn().get_database_backend(), HANDOVER);
    let sql = format!(
        "UPDATE jobs SET relayed_at = $2 WHERE relayed_at IS NULL \
         AND (id, token, state) IN (SELECT id, token, state FROM ({rows}) AS n)"
    );
    tx.conn().execute_raw(statement(tx.conn(), &sql, [json(&handed), now.into()])).await?;
    Ok(())
}

/// The outside queue no longer has these rows: those that still wait are handed over again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn relay_again(tx: &Tx, ids: &[String]) -> Result<u64, DbError> {
    let rows = json_rows(tx.conn().get_database_backend(), NAMED);
    let sql = format!(
        "UPDATE jobs SET relayed_at = NULL \
         WHERE state IN ('waiting', 'delayed') AND id IN (SELECT id FROM ({rows}) AS n)"
    );
    tx.note_jobs();
    Ok(tx.conn().execute_raw(statement(tx.conn(), &sql, [named(ids)])).await?.rows_affected())
}

/// Up to `limit` rows of the queue, after the row `after`, that the outside queue should have: by id.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn relayed(
    conn: &impl ConnectionTrait,
    queue: &str,
    after: &str,
    limit: u64,
) -> Result<Vec<Relayed>, DbError> {
    let rows = Entity::find()
        .filter(Column::Queue.eq(queue))
        .filter(Column::State.is_in([WAITING, DELAYED, ACTIVE]))
        .filter(Column::RelayedAt.is_not_null())
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(conn)
        .await?;
    let relayed = |row: crate::entity::jobs::Model| {
        let (relayed_at, lease_until) = (row.relayed_at.unwrap_or_default(), row.lease_until);
        let job = Job::try_from(row)?;
        let (id, queue, foreign_id, state) = (job.id, job.queue, job.foreign_id, job.state);
        Ok(Relayed { id, queue, foreign_id, state, relayed_at, lease_until })
    };
    rows.into_iter().map(relayed).collect()
}

/// The queues of rows that the outside queue should have.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn relayed_queues(conn: &impl ConnectionTrait) -> Result<Vec<String>, DbError> {
    let sql = "SELECT DISTINCT queue FROM jobs WHERE state IN ('waiting', 'delayed', 'active') \
               AND relayed_at IS NOT NULL";
    let rows = conn.query_all_raw(statement(conn, sql, [])).await?;
    rows.into_iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Makes rows wait again whose worker and whose copy outside are both gone: leases that ran out before `now`.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn free_expired(tx: &Tx, ids: &[String], now: i64) -> Result<u64, DbError> {
    let rows = json_rows(tx.conn().get_database_backend(), NAMED);
    let sql = format!(
        "UPDATE jobs SET state = 'waiting', stalled = stalled + 1, lease_until = NULL, relayed_at = NULL \
         WHERE state = 'active' AND lease_until < $2 AND id IN (SELECT id FROM ({rows}) AS n)"
    );
    tx.note_jobs();
    Ok(tx.conn().execute_raw(statement(tx.conn(), &sql, [named(ids), now.into()])).await?.rows_affected())
}

/// How a worker of another program ended a job.
#[derive(Debug, Clone)]
pub enum EndedOutside {
    /// It returned this: JSON.
    Completed(Option<String>),
    /// It failed for good.
    Failed(Failure),
}

/// Writes down how a worker of another program ended a job. A run of ours that is still under way is fenced off by it.
/// `false` when the row had ended already, is to be handed over again, or is not there.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn end_outside(tx: &Tx, id: &str, ended: &EndedOutside, now: i64) -> Result<bool, DbError> {
    let (state, result, failure) = match ended {
        EndedOutside::Completed(result) => (JobState::Completed, result.as_deref(), None),
        EndedOutside::Failed(failure) => (JobState::Failed, None, Some(failure)),
    };
    let sql = "UPDATE jobs SET state = $2, result = $3, failed_code = $4, failed_reason = $5, finished_at = $6, \
                 token = token + 1, lease_until = NULL \
               WHERE id = $1 AND state IN ('waiting', 'delayed', 'active') \
                 AND (relayed_at IS NOT NULL OR token = 0) RETURNING parent_id";
    let values = [
        id.into(),
        state.as_str().into(),
        result.into(),
        failure.map(|failure| failure.code.as_str()).into(),
        failure.map(|failure| failure.message.as_str()).into(),
        now.into(),
    ];
    let Some(row) = tx.conn().query_one_raw(statement(tx.conn(), sql, values)).await? else {
        return Ok(false);
    };
    tx.touch_job(id);
    let parent: Option<String> = row.try_get_by_index(0)?;
    if let (Some(parent), EndedOutside::Completed(_)) = (parent, ended) {
        super::flow::child_ended(tx, &parent, now).await?;
    }
    Ok(true)
}

fn named(ids: &[String]) -> sea_orm::Value {
    #[derive(Serialize)]
    struct Named<'a> {
        id: &'a str,
    }
    json(&ids.iter().map(|id| Named { id }).collect::<Vec<_>>())
}
