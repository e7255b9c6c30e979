//! The ways a run can end. Each is a no-op that says so once the lease is lost.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DeleteMany, EntityTrait, QueryFilter, QueryResult, Statement, UpdateMany,
};
use serde::Serialize;
use telecine_model::{Failure, FailureCode};

use super::attempts::{self, Outcome};
use super::claim::held;
use super::sql::{JsonColumn, json, json_rows, statement};
use super::{ACTIVE, DELAYED, FAILED, Job, Lease, WAITING, WAITING_CHILDREN, flow};
use crate::entity::jobs::{Column, Entity};
use crate::error::DbError;
use crate::transaction::Tx;

/// A run that succeeded.
#[derive(Debug, Clone, Serialize)]
pub struct Completion {
    /// The run.
    #[serde(flatten)]
    pub lease: Lease,
    /// What it returns: JSON.
    pub result: Option<String>,
    /// Whether the row goes at once, because nobody needs it any more.
    pub drop_row: bool,
}

const ENDED: &[JsonColumn] =
    &[("job_id", "text"), ("token", "bigint"), ("result", "text"), ("drop_row", "boolean")];

/// The runs succeeded. Returns those that still held their leases; for the others nothing changes.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn complete_many(tx: &Tx, ended: &[Completion], now: i64) -> Result<BTreeSet<Lease>, DbError> {
    let rows = tx.conn().query_each(completing(tx.conn(), ended, now)).await?;
    held_of(tx, rows.into_iter().flatten(), now).await
}

/// The statements that complete runs; [`held_of`] reads their rows.
pub(super) fn completing(conn: &impl ConnectionTrait, ended: &[Completion], now: i64) -> Vec<Statement> {
    let rows = json_rows(conn.get_database_backend(), ENDED);
    let ended_rows = format!("(SELECT job_id, token AS run, result AS returned FROM ({rows}) AS n) AS ended");
    let (kept, dropped): (Vec<_>, Vec<_>) = ended.iter().partition(|completion| !completion.drop_row);
    let mut statements = Vec::new();
    if !kept.is_empty() {
        let sql = format!(
            "UPDATE jobs SET state = 'completed', finished_at = $2, progress = 1.0, lease_until = NULL, \
               failed_code = NULL, failed_reason = NULL, failed_detail = NULL, result = returned \
             FROM {ended_rows} WHERE id = job_id AND token = run AND state = 'active' \
             RETURNING id, token, parent_id"
        );
        statements.push(statement(conn, &sql, [json(&kept), now.into()]));
    }
    if !dropped.is_empty() {
        let sql = format!(
            "DELETE FROM jobs WHERE (id, token) IN (SELECT job_id, run FROM {ended_rows}) AND state = 'active' \
             RETURNING id, token, parent_id"
        );
        statements.push(statement(conn, &sql, [json(&dropped)]));
    }
    statements
}

/// The runs that held their leases, whose parents learn of it.
pub(super) async fn held_of(
    tx: &Tx,
    completed: impl Iterator<Item = QueryResult>,
    now: i64,
) -> Result<BTreeSet<Lease>, DbError> {
    let (mut leases, mut parents) = (BTreeSet::new(), Vec::new());
    for row in completed {
        let lease = Lease { job_id: row.try_get_by_index(0)?, token: row.try_get_by_index(1)? };
        tx.touch_job(&lease.job_id);
        leases.insert(lease);
        parents.extend(row.try_get_by_index::<Option<String>>(2)?);
    }
    for parent in parents {
        flow::child_ended(tx, &parent, now).await?;
    }
    Ok(leases)
}

/// One run succeeded; `false` when its lease was lost.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn complete(tx: &Tx, completion: &Completion, now: i64) -> Result<bool, DbError> {
    Ok(!complete_many(tx, std::slice::from_ref(completion), now).await?.is_empty())
}

/// Removes the job whose run was stopped because its subject is gone. `false` when nobody had asked it to stop, or when
/// it is to stay as a dead letter.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn remove_if_cancelled(tx: &Tx, lease: &Lease, now: i64) -> Result<bool, DbError> {
    let cancelled = ours(lease)
        .filter(Column::CancelRequested.eq(true))
        .filter(Column::FailedCode.is_null().or(Column::FailedCode.ne(FailureCode::Cancelled.as_str())));
    let rows = cancelled.exec_with_returning(tx.conn()).await?;
    rows.iter().for_each(|row| tx.touch_job(&row.id));
    for parent in rows.iter().filter_map(|row| row.parent_id.as_deref()) {
        flow::child_ended(tx, parent, now).await?;
    }
    Ok(!rows.is_empty())
}

/// The run failed and the job has no further one. Returns the job as it is now, `None` when the lease was lost; and the
/// parents that fail with it, nearest first.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn fail(
    tx: &Tx,
    lease: &Lease,
    failure: &Failure,
    now: i64,
) -> Result<Option<(Job, Vec<Job>)>, DbError> {
    attempts::note(tx, lease, Outcome::Failed, Some(failure), now).await?;
    let change = noting(released(lease, FAILED), failure).col_expr(Column::FinishedAt, Expr::value(now));
    let Some(row) = change.exec_with_returning(tx.conn()).await?.into_iter().next() else { return Ok(None) };
    tx.touch_job(&row.id);
    Ok(Some(flow::with_failed_parents(tx, row, now).await?))
}

/// The run failed; the next one starts at `run_at`. `false` when the lease was lost.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn retry_at(
    tx: &Tx,
    lease: &Lease,
    failure: &Failure,
    run_at: i64,
    now: i64,
) -> Result<bool, DbError> {
    attempts::note(tx, lease, Outcome::Retried, Some(failure), now).await?;
    changed_one(tx, lease, noting(idle(lease, run_at, now), failure)).await
}

/// The run ended without success or failure, because the worker shuts down or the time has not come: the job waits
/// until `run_at`, and no attempt is counted. `false` when the lease was lost.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn give_back(tx: &Tx, lease: &Lease, run_at: i64, now: i64) -> Result<bool, DbError> {
    changed_one(tx, lease, idle(lease, run_at, now)).await
}

/// The run ended, and the job runs again once so many children, which the same transaction adds, have ended; no attempt is
/// counted. `false` when the lease was lost.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn wait_for_children(tx: &Tx, lease: &Lease, children: i32, now: i64) -> Result<bool, DbError> {
    let waiting = released(lease, WAITING_CHILDREN)
        .col_expr(Column::ChildrenLeft, Expr::value(children))
        .col_expr(Column::RunAt, Expr::value(now));
    changed_one(tx, lease, waiting).await
}

fn ours(lease: &Lease) -> DeleteMany<Entity> {
    Entity::delete_many()
        .filter(Column::Id.eq(lease.job_id.as_str()))
        .filter(Column::Token.eq(lease.token))
        .filter(Column::State.eq(ACTIVE))
}

fn idle(lease: &Lease, run_at: i64, now: i64) -> UpdateMany<Entity> {
    let state = if run_at > now { DELAYED } else { WAITING };
    released(lease, state).col_expr(Column::RunAt, Expr::value(run_at))
}

fn released(lease: &Lease, state: &'static str) -> UpdateMany<Entity> {
    held(lease)
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
}

fn noting(change: UpdateMany<Entity>, failure: &Failure) -> UpdateMany<Entity> {
    change
        .col_expr(Column::AttemptsMade, Expr::col(Column::AttemptsMade).add(1))
        .col_expr(Column::FailedCode, Expr::value(failure.code.as_str()))
        .col_expr(Column::FailedReason, Expr::value(failure.message.as_str()))
        .col_expr(Column::FailedDetail, Expr::value(failure.detail.as_deref()))
}

async fn changed_one(tx: &Tx, lease: &Lease, change: UpdateMany<Entity>) -> Result<bool, DbError> {
    // A job that waits again is work for workers: they look when the transaction commits.
    tx.note_jobs();
    tx.touch_job(&lease.job_id);
    Ok(change.exec(tx.conn()).await?.rows_affected == 1)
}
