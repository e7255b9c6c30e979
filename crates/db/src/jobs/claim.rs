//! Taking jobs, and keeping them.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult as _, QueryFilter, QueryResult, Statement,
    UpdateMany,
};

use super::sql::{skip_locked, statement};
use super::turn::Claimant;
use super::{ACTIVE, Job, Lease};
use crate::entity::jobs::{Column, Entity, Model};
use crate::error::DbError;
use crate::transaction::Tx;

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

/// The statement that takes up to `count` jobs of the queue, lowest priority number first, then in the order they were
/// added; none while the queue is paused. [`claimed`] reads its rows.
pub(super) fn claiming(
    conn: &impl ConnectionTrait,
    queue: &str,
    count: usize,
    claimant: Claimant<'_>,
) -> Statement {
    // MATERIALIZED: PostgreSQL might otherwise run the subquery once a row, and take more than it says.
    let sql = format!(
        "WITH next AS MATERIALIZED (SELECT id FROM jobs WHERE queue = $1 AND state = 'waiting' AND run_at <= $3 \
           AND NOT EXISTS (SELECT 1 FROM queues WHERE name = $1 AND paused) \
           ORDER BY priority, seq LIMIT $2 {skip_locked}) \
         UPDATE jobs SET state = 'active', token = token + 1, worker = $4, lease_until = $5, started_at = $3, \
           progress = 0.0, progress_data = NULL, finished_at = NULL \
         WHERE id IN (SELECT id FROM next) RETURNING *",
        skip_locked = skip_locked(conn),
    );
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let Claimant { worker, now, lease_until } = claimant;
    let values = [queue.into(), count.into(), now.into(), worker.into(), lease_until.into()];
    statement(conn, &sql, values)
}

/// The claimed jobs in their order.
pub(super) fn claimed(tx: &Tx, rows: &[QueryResult]) -> Result<Vec<Job>, DbError> {
    let mut rows = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| (row.priority, row.seq));
    rows.iter().for_each(|row| tx.touch_job(&row.id));
    rows.into_iter().map(Job::try_from).collect()
}

/// Prolongs the lease and notes the progress.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn beat(
    tx: &Tx,
    lease: &Lease,
    lease_until: i64,
    progress: f64,
    progress_data: Option<&str>,
) -> Result<Beat, DbError> {
    let rows = held(lease)
        .col_expr(Column::LeaseUntil, Expr::value(lease_until))
        .col_expr(Column::Progress, Expr::value(progress))
        .col_expr(Column::ProgressData, Expr::value(progress_data))
        .exec_with_returning(tx.conn())
        .await?;
    if !rows.is_empty() && (progress > 0.0 || progress_data.is_some()) {
        tx.touch_job(&lease.job_id);
    }
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
