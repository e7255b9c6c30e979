//! The jobs of a subject, such as a video.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::claim::held;
use super::{ACTIVE, COMPLETED, DELAYED, FAILED, Lease, WAITING, WAITING_CHILDREN};
use crate::entity::jobs::{Column, Entity};
use crate::error::DbError;
use crate::transaction::Tx;

/// States of a job that has not begun.
const IDLE: [&str; 3] = [WAITING, DELAYED, WAITING_CHILDREN];

/// Cancels the jobs of a subject that goes: waiting ones are removed, running ones are asked to stop and then removed.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn cancel_by_subject(tx: &Tx, subject: &str) -> Result<(), DbError> {
    let idle = Column::Subject.eq(subject).and(Column::State.is_in(IDLE));
    Entity::delete_many().filter(idle).exec(tx.conn()).await?;
    let asked = Entity::update_many()
        .col_expr(Column::CancelRequested, Expr::value(true))
        .col_expr(Column::FailedCode, Expr::value(None::<String>))
        .filter(Column::Subject.eq(subject).and(Column::State.eq(ACTIVE)))
        .exec_with_returning(tx.conn())
        .await?;
    for job in asked {
        tx.note_cancelled(job.id);
    }
    Ok(())
}

/// Notes what the running job works on, which it has only just found out.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_subject(tx: &Tx, lease: &Lease, subject: &str) -> Result<(), DbError> {
    held(lease).col_expr(Column::Subject, Expr::value(subject)).exec(tx.conn()).await?;
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
    let pending = Entity::find().filter(concerns).filter(Column::State.is_not_in([COMPLETED, FAILED]));
    Ok(pending.count(conn).await? > 0)
}

/// Removes the job with this id if it still waits; `false` when it does not.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn remove_waiting(tx: &Tx, id: &str) -> Result<bool, DbError> {
    let idle = Column::Id.eq(id).and(Column::State.is_in(IDLE));
    Ok(Entity::delete_many().filter(idle).exec(tx.conn()).await?.rows_affected > 0)
}

/// Removes every job of the subject.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete_by_subject(tx: &Tx, subject: &str) -> Result<(), DbError> {
    Entity::delete_many().filter(Column::Subject.eq(subject)).exec(tx.conn()).await?;
    Ok(())
}
