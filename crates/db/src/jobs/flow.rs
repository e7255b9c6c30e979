//! Jobs that wait for others.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use telecine_model::{Failure, FailureCode, JobState};

use super::sql::statement;
use super::{FAILED, Job, WAITING_CHILDREN};
use crate::entity::jobs::{Column, Entity, Model};
use crate::error::DbError;
use crate::transaction::Tx;

/// The deepest tree of jobs.
const MAX_DEPTH: usize = 32;

/// What a child has left for its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildResult {
    /// The child.
    pub id: String,
    /// Where it stands.
    pub state: JobState,
    /// What it has returned: JSON.
    pub result: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// The children of a job that still have rows, in the order they were added.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn children_of(conn: &impl ConnectionTrait, parent: &str) -> Result<Vec<ChildResult>, DbError> {
    let rows = Entity::find().filter(Column::ParentId.eq(parent)).order_by_asc(Column::Seq).all(conn).await?;
    let result = |row| {
        let child = Job::try_from(row)?;
        Ok(ChildResult { id: child.id, state: child.state, result: child.result, failure: child.failure })
    };
    rows.into_iter().map(result).collect()
}

/// One child less to wait for; the last one sets the parent free.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn child_ended(tx: &Tx, parent: &str, now: i64) -> Result<(), DbError> {
    // A parent that has run before may lie in the outside queue, which learns of it now.
    let sql = "UPDATE jobs SET children_left = children_left - 1, \
                 state = CASE WHEN children_left > 1 THEN state WHEN run_at > $2 THEN 'delayed' ELSE 'waiting' END, \
                 relayed_at = CASE WHEN children_left > 1 THEN relayed_at ELSE $3 END \
               WHERE id = $1 AND state = 'waiting-children'";
    let values = [parent.into(), now.into(), tx.not_relayed().into()];
    tx.conn().execute_raw(statement(tx.conn(), sql, values)).await?;
    tx.touch_job(parent);
    tx.note_jobs();
    Ok(())
}

/// The job that has just failed for good, and the parents that fail with it, nearest first.
pub(super) async fn with_failed_parents(tx: &Tx, row: Model, now: i64) -> Result<(Job, Vec<Job>), DbError> {
    let on_failure = row.on_failure.clone();
    let job = Job::try_from(row)?;
    let parents = match &job.parent_id {
        Some(parent) => child_failed(tx, parent, on_failure.as_deref(), now).await?,
        None => Vec::new(),
    };
    Ok((job, parents))
}

/// A child has failed for good: does to the parent what the child says, and returns the jobs that fail with it.
async fn child_failed(
    tx: &Tx,
    parent: &str,
    on_failure: Option<&str>,
    now: i64,
) -> Result<Vec<Job>, DbError> {
    let (mut failed, mut parent, mut on_failure) =
        (Vec::new(), Some(parent.to_owned()), on_failure.map(str::to_owned));
    for _ in 0..MAX_DEPTH {
        let Some(id) = parent.take() else { break };
        match on_failure.as_deref() {
            Some("ignore") => {
                child_ended(tx, &id, now).await?;
                break;
            }
            Some("fail") => {}
            _ => break,
        }
        let Some(row) = fail_waiting_parent(tx, &id, now).await? else { break };
        (parent, on_failure) = (row.parent_id.clone(), row.on_failure.clone());
        failed.push(Job::try_from(row)?);
    }
    Ok(failed)
}

async fn fail_waiting_parent(tx: &Tx, id: &str, now: i64) -> Result<Option<Model>, DbError> {
    let failure = Failure::from(FailureCode::ChildFailed);
    let rows = Entity::update_many()
        .filter(Column::Id.eq(id).and(Column::State.eq(WAITING_CHILDREN)))
        .col_expr(Column::State, Expr::value(FAILED))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .col_expr(Column::FailedCode, Expr::value(failure.code))
        .col_expr(Column::FailedReason, Expr::value(failure.message))
        .exec_with_returning(tx.conn())
        .await?;
    rows.iter().for_each(|row| tx.touch_job(&row.id));
    Ok(rows.into_iter().next())
}
