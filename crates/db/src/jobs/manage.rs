//! What people do with jobs: count them, look for them, try them again, cancel and remove them.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Order};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use telecine_model::{Failure, FailureCode, JobState};

use super::sql::statement;
use super::{ACTIVE, DELAYED, FAILED, Job, WAITING, WAITING_CHILDREN, flow};
use crate::entity::jobs::{Column, Entity};
use crate::error::DbError;
use crate::transaction::Tx;

/// Jobs of one queue by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ready to be taken.
    pub waiting: u64,
    /// Running.
    pub active: u64,
    /// Ended well, and kept.
    pub completed: u64,
    /// Dead letters.
    pub failed: u64,
    /// Not before a certain time.
    pub delayed: u64,
    /// Waiting for their children.
    pub waiting_children: u64,
}

impl Counts {
    /// The number in this state.
    pub fn of(&mut self, state: JobState) -> &mut u64 {
        match state {
            JobState::Waiting => &mut self.waiting,
            JobState::Active => &mut self.active,
            JobState::Completed => &mut self.completed,
            JobState::Failed => &mut self.failed,
            JobState::Delayed => &mut self.delayed,
            JobState::WaitingChildren => &mut self.waiting_children,
        }
    }
}

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this queue.
    pub queue: Option<String>,
    /// Only in one of these states; all when empty.
    pub states: Vec<JobState>,
    /// Only with this text in id, kind, subject, data or the reason of a failure.
    pub text: Option<String>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows at most.
    pub limit: u64,
}

/// The jobs of one queue by state.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn counts(conn: &impl ConnectionTrait, queue: &str) -> Result<Counts, DbError> {
    Ok(counts_by_queue(conn).await?.remove(queue).unwrap_or_default())
}

/// The jobs of every queue that has some, by state.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn counts_by_queue(conn: &impl ConnectionTrait) -> Result<BTreeMap<String, Counts>, DbError> {
    // Each part reads nothing but its own small index.
    let idle = |state: JobState| {
        format!(
            "SELECT queue, '{state}' AS state, COUNT(*) AS jobs FROM jobs WHERE state = '{state}' GROUP BY queue"
        )
    };
    let ended =
        "SELECT queue, state, COUNT(*) AS jobs FROM jobs WHERE finished_at IS NOT NULL GROUP BY queue, state";
    let open = JobState::ALL.into_iter().filter(|state| !state.is_finished()).map(idle);
    let sql = open.chain([ended.to_owned()]).collect::<Vec<_>>().join(" UNION ALL ");
    let mut by_queue: BTreeMap<String, Counts> = BTreeMap::new();
    for row in conn.query_all_raw(statement(conn, &sql, [])).await? {
        let (queue, state, jobs): (String, String, i64) =
            (row.try_get("", "queue")?, row.try_get("", "state")?, row.try_get("", "jobs")?);
        if let Ok(state) = state.parse() {
            *by_queue.entry(queue).or_default().of(state) = jobs.unsigned_abs();
        }
    }
    Ok(by_queue)
}

/// The jobs that the filter picks: finished ones newest first, others in the order in which they will run or have begun.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn list(conn: &impl ConnectionTrait, filter: &Filter) -> Result<Vec<Job>, DbError> {
    let mut query = Entity::find();
    if let Some(queue) = &filter.queue {
        query = query.filter(Column::Queue.eq(queue.as_str()));
    }
    if !filter.states.is_empty() {
        // Written out, because the index of a state serves only a statement that names the state.
        let states = filter.states.iter().map(|state| format!("state = '{state}'")).collect::<Vec<_>>();
        query = query.filter(Expr::cust(format!("({})", states.join(" OR "))));
    }
    if let Some(text) = &filter.text {
        let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        let like =
            |column: Column| Expr::col(column).like(LikeExpr::new(format!("%{escaped}%")).escape('\\'));
        query = query.filter(
            like(Column::Id)
                .or(like(Column::Name))
                .or(like(Column::Subject))
                .or(like(Column::Data))
                .or(like(Column::FailedReason)),
        );
    }
    let only_finished = !filter.states.is_empty() && filter.states.iter().all(|state| state.is_finished());
    let query = if only_finished {
        let query = query.filter(Column::FinishedAt.is_not_null());
        query.order_by(Column::FinishedAt, Order::Desc).order_by(Column::Seq, Order::Desc)
    } else {
        query.order_by(Column::Priority, Order::Asc).order_by(Column::Seq, Order::Asc)
    };
    let rows = query.offset(filter.offset).limit(filter.limit).all(conn).await?;
    rows.into_iter().map(Job::try_from).collect()
}

/// Makes a failed job wait again with all its attempts before it; `None` when it has not failed.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn retry(tx: &Tx, id: &str, now: i64) -> Result<Option<Job>, DbError> {
    let sql = "UPDATE jobs SET state = CASE WHEN children_left > 0 THEN 'waiting-children' ELSE 'waiting' END, \
               run_at = $2, attempts_made = 0, stalled = 0, cancel_requested = FALSE, finished_at = NULL, \
               failed_code = NULL, failed_reason = NULL, failed_detail = NULL, progress = 0.0, \
               progress_data = NULL, relayed_at = $3 WHERE id = $1 AND state = 'failed' RETURNING *";
    let values = [id.into(), now.into(), tx.not_relayed().into()];
    let rows = Entity::find().from_raw_sql(statement(tx.conn(), sql, values));
    let row = rows.one(tx.conn()).await?;
    tx.touch_job(id);
    tx.note_jobs();
    row.map(Job::try_from).transpose()
}

/// Makes a delayed job due at once; `false` when it is not delayed.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn promote(tx: &Tx, id: &str, now: i64) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET state = 'waiting', run_at = $2, relayed_at = NULL WHERE id = $1 AND state = 'delayed'";
    let promoted = tx.conn().execute_raw(statement(tx.conn(), sql, [id.into(), now.into()])).await?;
    tx.touch_job(id);
    tx.note_jobs();
    Ok(promoted.rows_affected() == 1)
}

/// Cancels a job. A running one is asked to stop and fails with the code `cancelled`; `None` is returned then. One that
/// waits fails at once and is returned, with the parents that fail with it. Finished jobs stay as they are.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn cancel(tx: &Tx, id: &str, now: i64) -> Result<Option<(Job, Vec<Job>)>, DbError> {
    let failure = Failure::from(FailureCode::Cancelled);
    let noted = Entity::update_many()
        .filter(Column::Id.eq(id))
        .col_expr(Column::FailedCode, Expr::value(failure.code))
        .col_expr(Column::FailedReason, Expr::value(failure.message));
    let asked = noted
        .clone()
        .filter(Column::State.eq(ACTIVE))
        .col_expr(Column::CancelRequested, Expr::value(true))
        .exec(tx.conn())
        .await?;
    if asked.rows_affected > 0 {
        tx.note_cancelled(id.to_owned());
        return Ok(None);
    }
    let ended = noted
        .filter(Column::State.is_in([WAITING, DELAYED, WAITING_CHILDREN]))
        .col_expr(Column::State, Expr::value(FAILED))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .exec_with_returning(tx.conn())
        .await?;
    let Some(row) = ended.into_iter().next() else { return Ok(None) };
    tx.touch_job(&row.id);
    Ok(Some(flow::with_failed_parents(tx, row, now).await?))
}

/// Removes a job that no worker has; its parent no longer waits for it. `false` when there is none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn remove_idle(tx: &Tx, id: &str, now: i64) -> Result<bool, DbError> {
    let idle = Column::Id.eq(id).and(Column::State.ne(ACTIVE));
    let rows = Entity::delete_many().filter(idle).exec_with_returning(tx.conn()).await?;
    for row in &rows {
        tx.touch_job(&row.id);
        let was_waited_for = row.state != JobState::Completed.as_str();
        if let Some(parent) = row.parent_id.as_deref().filter(|_| was_waited_for) {
            flow::child_ended(tx, parent, now).await?;
        }
    }
    Ok(!rows.is_empty())
}

/// Removes up to `limit` finished jobs of the queue that ended before `ended_before`; returns how many.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn clear_finished(
    tx: &Tx,
    queue: &str,
    state: JobState,
    ended_before: i64,
    limit: u64,
) -> Result<u64, DbError> {
    let sql = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE queue = $1 AND state = $2 \
               AND finished_at <= $3 ORDER BY finished_at LIMIT $4)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let state = if state.is_finished() { state } else { return Ok(0) };
    let values = [queue.into(), state.as_str().into(), ended_before.into(), limit.into()];
    Ok(tx.conn().execute_raw(statement(tx.conn(), sql, values)).await?.rows_affected())
}
