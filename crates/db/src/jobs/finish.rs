//! The ways a run can end. Each is a no-op that answers `false` once the lease is lost.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DeleteMany, EntityTrait, QueryFilter, UpdateMany};
use telecine_model::Failure;

use super::claim::held;
use super::{ACTIVE, COMPLETED, FAILED, Lease, WAITING};
use crate::connection::Tx;
use crate::entity::jobs::{Column, Entity};
use crate::error::DbError;

/// The run succeeded; the row stays for people to see.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn complete(tx: &Tx, lease: &Lease, now: i64) -> Result<bool, DbError> {
    let change = finished(lease, COMPLETED, now).col_expr(Column::Progress, Expr::value(1.0));
    changed_one(tx, change).await
}

/// The run succeeded, and nobody needs the row any more.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn remove(tx: &Tx, lease: &Lease) -> Result<bool, DbError> {
    Ok(ours(lease).exec(tx.conn()).await?.rows_affected == 1)
}

/// The run was stopped because somebody had asked for it; the row goes. `false` when nobody had.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn remove_if_cancelled(tx: &Tx, lease: &Lease) -> Result<bool, DbError> {
    let cancelled = ours(lease).filter(Column::CancelRequested.eq(true));
    Ok(cancelled.exec(tx.conn()).await?.rows_affected == 1)
}

/// The run failed and the job has no further one.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn fail(tx: &Tx, lease: &Lease, failure: &Failure, now: i64) -> Result<bool, DbError> {
    let change = noting(finished(lease, FAILED, now), failure);
    changed_one(tx, change).await
}

/// The run failed; the next one starts at `run_at`.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn retry_at(tx: &Tx, lease: &Lease, failure: &Failure, run_at: i64) -> Result<bool, DbError> {
    // A job that waits again is work for this process's workers: they look when the transaction commits.
    tx.note_job_added();
    changed_one(tx, noting(waiting(lease, run_at), failure)).await
}

/// The run ended without success or failure, because the worker shuts down or the time has not come: the job waits
/// until `run_at`, and no attempt is counted.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn give_back(tx: &Tx, lease: &Lease, run_at: i64) -> Result<bool, DbError> {
    tx.note_job_added();
    changed_one(tx, waiting(lease, run_at)).await
}

fn ours(lease: &Lease) -> DeleteMany<Entity> {
    Entity::delete_many()
        .filter(Column::Id.eq(lease.job_id.as_str()))
        .filter(Column::Token.eq(lease.token))
        .filter(Column::State.eq(ACTIVE))
}

fn waiting(lease: &Lease, run_at: i64) -> UpdateMany<Entity> {
    released(lease, WAITING).col_expr(Column::RunAt, Expr::value(run_at))
}

fn finished(lease: &Lease, state: &'static str, now: i64) -> UpdateMany<Entity> {
    released(lease, state).col_expr(Column::FinishedAt, Expr::value(now))
}

fn released(lease: &Lease, state: &'static str) -> UpdateMany<Entity> {
    held(lease)
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Worker, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
}

fn noting(change: UpdateMany<Entity>, failure: &Failure) -> UpdateMany<Entity> {
    change
        .col_expr(Column::AttemptsMade, Expr::col(Column::AttemptsMade).add(1))
        .col_expr(Column::FailedCode, Expr::value(failure.code.as_str()))
        .col_expr(Column::FailedReason, Expr::value(failure.message.as_str()))
}

async fn changed_one(tx: &Tx, change: UpdateMany<Entity>) -> Result<bool, DbError> {
    Ok(change.exec(tx.conn()).await?.rows_affected == 1)
}
