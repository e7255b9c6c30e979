//! Statements about many jobs: what is due, what a dead worker left, what is old, what belongs to a subject.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::{ACTIVE, COMPLETED, FAILED, WAITING};
use crate::connection::Tx;
use crate::entity::jobs::{Column, Entity};
use crate::error::DbError;

/// Completed jobs are kept this long …
const COMPLETED_KEPT_MS: i64 = 24 * 3600 * 1000;
/// … and at most so many of them.
const COMPLETED_KEPT: u64 = 1000;
/// Failed jobs are kept this long.
const FAILED_KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

/// The next time, in milliseconds since 1970, at which one of the queues has something to do: a job becomes due or a
/// lease runs out. `None` when there is nothing.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn next_due(conn: &impl ConnectionTrait, queues: &[&str]) -> Result<Option<i64>, DbError> {
    let due = earliest(conn, queues, WAITING, Column::RunAt).await?;
    let lease = earliest(conn, queues, ACTIVE, Column::LeaseUntil).await?;
    Ok(due.into_iter().chain(lease).min())
}

/// Makes the jobs of disappeared workers, whose lease ran out before `now`, wait again; drops those that were to be
/// cancelled. Returns how many wait again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn recover_expired(tx: &Tx, now: i64) -> Result<u64, DbError> {
    recover(tx, Column::LeaseUntil.lt(now)).await
}

/// The same for every job that `worker` holds, whatever is left of its leases: called when a worker starts and knows
/// that nobody else bears its name.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn recover_of_worker(tx: &Tx, worker: &str) -> Result<u64, DbError> {
    recover(tx, Column::Worker.eq(worker)).await
}

async fn recover(tx: &Tx, lost: SimpleExpr) -> Result<u64, DbError> {
    let lost = Column::State.eq(ACTIVE).and(lost);
    let cancelled = lost.clone().and(Column::CancelRequested.eq(true));
    Entity::delete_many().filter(cancelled).exec(tx.conn()).await?;
    let recovered = Entity::update_many()
        .col_expr(Column::State, Expr::value(WAITING))
        .col_expr(Column::Stalled, Expr::col(Column::Stalled).add(1))
        .col_expr(Column::Worker, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .filter(lost)
        .exec(tx.conn())
        .await?
        .rows_affected;
    if recovered > 0 {
        tx.note_job_added();
    }
    Ok(recovered)
}

/// Removes finished jobs that nobody needs any more: completed ones after 24 h or beyond the last 1000, failed ones
/// after 7 days. Returns how many.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn prune(tx: &Tx, now: i64) -> Result<u64, DbError> {
    let newest_dropped = Query::select()
        .column(Column::FinishedAt)
        .from(Entity)
        .and_where(Column::State.eq(COMPLETED))
        .order_by(Column::FinishedAt, sea_orm::Order::Desc)
        .limit(1)
        .offset(COMPLETED_KEPT)
        .to_owned();
    let too_old = Column::FinishedAt.lt(now - COMPLETED_KEPT_MS);
    let too_many =
        Expr::col(Column::FinishedAt).lte(SimpleExpr::SubQuery(None, Box::new(newest_dropped.into())));
    let completed = Column::State.eq(COMPLETED).and(too_old.or(too_many));
    let failed = Column::State.eq(FAILED).and(Column::FinishedAt.lt(now - FAILED_KEPT_MS));
    Ok(Entity::delete_many().filter(completed.or(failed)).exec(tx.conn()).await?.rows_affected)
}

/// Cancels the jobs of a subject: waiting ones are removed, running ones are asked to stop.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn cancel_by_subject(tx: &Tx, subject: &str) -> Result<(), DbError> {
    let waiting = Column::Subject.eq(subject).and(Column::State.eq(WAITING));
    Entity::delete_many().filter(waiting).exec(tx.conn()).await?;
    Entity::update_many()
        .col_expr(Column::CancelRequested, Expr::value(true))
        .filter(Column::Subject.eq(subject).and(Column::State.eq(ACTIVE)))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Whether a worker holds a job of the subject.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn any_active_of_subject(conn: &impl ConnectionTrait, subject: &str) -> Result<bool, DbError> {
    let active = Entity::find().filter(Column::Subject.eq(subject)).filter(Column::State.eq(ACTIVE));
    Ok(active.count(conn).await? > 0)
}

/// Whether a job waits for the subject or works on it, or one of these ids waits or runs.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn any_pending(
    conn: &impl ConnectionTrait,
    subject: &str,
    ids: &[String],
) -> Result<bool, DbError> {
    let concerns = Column::Subject.eq(subject).or(Column::Id.is_in(ids.iter().cloned()));
    let pending = Entity::find().filter(concerns).filter(Column::State.is_in([WAITING, ACTIVE]));
    Ok(pending.count(conn).await? > 0)
}

/// Removes the job with this id if it still waits.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn remove_waiting(tx: &Tx, id: &str) -> Result<(), DbError> {
    let waiting = Column::Id.eq(id).and(Column::State.eq(WAITING));
    Entity::delete_many().filter(waiting).exec(tx.conn()).await?;
    Ok(())
}

/// Removes every job of the subject.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete_by_subject(tx: &Tx, subject: &str) -> Result<(), DbError> {
    Entity::delete_many().filter(Column::Subject.eq(subject)).exec(tx.conn()).await?;
    Ok(())
}

async fn earliest(
    conn: &impl ConnectionTrait,
    queues: &[&str],
    state: &str,
    column: Column,
) -> Result<Option<i64>, DbError> {
    let query = Entity::find()
        .select_only()
        .column_as(column.min(), "at")
        .filter(Column::State.eq(state))
        .filter(Column::Queue.is_in(queues.iter().copied()));
    let at: Option<Option<i64>> = query.into_tuple().one(conn).await?;
    Ok(at.flatten())
}
