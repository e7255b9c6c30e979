//! Taking a job, and keeping it.

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, UpdateMany};

use super::{ACTIVE, Job, Lease, WAITING};
use crate::connection::Tx;
use crate::entity::jobs::{Column, Entity};
use crate::error::DbError;

/// What a heartbeat finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// The lease goes on.
    Held,
    /// The lease goes on, and somebody asks for the job to stop.
    CancelRequested,
    /// Another worker has the job, or it is gone.
    Lost,
}

/// Takes the first due job of the queue: lowest priority number, then oldest. PostgreSQL skips rows that another
/// worker is just taking; SQLite has one writer at a time.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn claim(
    tx: &Tx,
    queue: &str,
    worker: &str,
    now: i64,
    lease_until: i64,
) -> Result<Option<Job>, DbError> {
    let first_due = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::Queue.eq(queue))
        .and_where(Column::State.eq(WAITING))
        .and_where(Column::RunAt.lte(now))
        .order_by(Column::Priority, sea_orm::Order::Asc)
        .order_by(Column::CreatedAt, sea_orm::Order::Asc)
        .order_by(Column::Id, sea_orm::Order::Asc)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .to_owned();
    let rows = Entity::update_many()
        .col_expr(Column::State, Expr::value(ACTIVE))
        .col_expr(Column::Token, Expr::col(Column::Token).add(1))
        .col_expr(Column::Worker, Expr::value(worker))
        .col_expr(Column::LeaseUntil, Expr::value(lease_until))
        .col_expr(Column::StartedAt, Expr::value(now))
        .col_expr(Column::Progress, Expr::value(0.0))
        // `=` and not `IN`: PostgreSQL may plan `IN` as a join that runs the subquery once a row.
        .filter(Expr::col(Column::Id).eq(SimpleExpr::SubQuery(None, Box::new(first_due.into()))))
        .exec_with_returning(tx.conn())
        .await?;
    Ok(rows.into_iter().next().map(Job::from))
}

/// Prolongs the lease and notes the progress.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn beat(tx: &Tx, lease: &Lease, lease_until: i64, progress: f64) -> Result<Beat, DbError> {
    let rows = held(lease)
        .col_expr(Column::LeaseUntil, Expr::value(lease_until))
        .col_expr(Column::Progress, Expr::value(progress))
        .exec_with_returning(tx.conn())
        .await?;
    Ok(match rows.first() {
        None => Beat::Lost,
        Some(row) if row.cancel_requested => Beat::CancelRequested,
        Some(_) => Beat::Held,
    })
}

/// Makes sure that the lease still holds and keeps it so until the transaction ends: everything else in the
/// transaction is fenced by it. `false` when another worker has the job or it was cancelled.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn hold(tx: &Tx, lease: &Lease) -> Result<bool, DbError> {
    // A write to the row locks it against another claim on PostgreSQL; SQLite has the one writer anyway.
    let hold = held(lease)
        .filter(Column::CancelRequested.eq(false))
        .col_expr(Column::Token, Expr::col(Column::Token));
    Ok(hold.exec(tx.conn()).await?.rows_affected == 1)
}

/// An update of the job that does nothing once the lease is lost.
pub(super) fn held(lease: &Lease) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(lease.job_id.as_str()))
        .filter(Column::Token.eq(lease.token))
        .filter(Column::State.eq(ACTIVE))
}
