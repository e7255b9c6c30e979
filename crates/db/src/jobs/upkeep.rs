//! Statements about many jobs: what is due, what a dead worker left, what is old.

use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};

use super::attempts;
use super::sql::statement;
use crate::error::DbError;
use crate::transaction::Tx;

/// Completed jobs are kept this long …
const COMPLETED_KEPT_MS: i64 = 24 * 3600 * 1000;
/// … and at most so many of each queue.
const COMPLETED_KEPT: i64 = 1000;
/// Failed jobs are kept this long.
const FAILED_KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

/// The statement that looks for the next time at which there is something to do: a delayed job becomes due, a lease runs
/// out, or a schedule wants a job. [`due_of`] reads its row.
pub(super) fn seeking_due(conn: &impl ConnectionTrait) -> Statement {
    let sql = "SELECT MIN(at) AS at FROM (SELECT MIN(run_at) AS at FROM jobs WHERE state = 'delayed' \
               UNION ALL SELECT MIN(lease_until) FROM jobs WHERE state = 'active' \
               UNION ALL SELECT MIN(next_at) FROM schedules) AS soonest";
    statement(conn, sql, [])
}

pub(super) fn due_of(rows: &[QueryResult]) -> Result<Option<i64>, DbError> {
    Ok(rows.first().map_or(Ok(None), |row| row.try_get_by_index(0))?)
}

/// Makes delayed jobs wait whose time has come. Returns how many.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn promote_due(tx: &Tx, now: i64) -> Result<u64, DbError> {
    let sql = "UPDATE jobs SET state = 'waiting' WHERE state = 'delayed' AND run_at <= $1";
    changed(tx, sql, [now.into()]).await
}

/// Makes the jobs of disappeared workers, whose lease has run out, wait again. Returns how many.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn recover_expired(tx: &Tx, now: i64) -> Result<u64, DbError> {
    recover(tx, "lease_until <= $2", now.into(), now).await
}

/// The same for every job that `worker` holds, whatever is left of its leases: called when a worker starts and knows
/// that nobody else bears its name.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn recover_of_worker(tx: &Tx, worker: &str, now: i64) -> Result<u64, DbError> {
    recover(tx, "worker = $2", worker.into(), now).await
}

async fn recover(tx: &Tx, lost: &str, value: Value, now: i64) -> Result<u64, DbError> {
    attempts::note_lost(tx, lost, value.clone(), now).await?;
    let sql = format!(
        "UPDATE jobs SET state = 'waiting', stalled = stalled + 1, lease_until = NULL, \
         run_at = CASE WHEN run_at > $1 THEN $1 ELSE run_at END WHERE state = 'active' AND {lost}"
    );
    let recovered = changed(tx, &sql, [now.into(), value]).await?;
    if recovered > 0 {
        tx.note_jobs();
    }
    Ok(recovered)
}

/// Removes finished jobs that nobody needs any more: completed ones after 24 h or beyond the last 1000 of their queue,
/// failed ones after 7 days; and what belongs to jobs that are gone. Returns how many jobs.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn prune(tx: &Tx, now: i64) -> Result<u64, DbError> {
    // What a parent is still to read stays.
    let sql = "DELETE FROM jobs WHERE finished_at IS NOT NULL \
               AND (state = 'completed' AND (finished_at < $1 OR id IN (SELECT id FROM \
                 (SELECT id, ROW_NUMBER() OVER (PARTITION BY queue ORDER BY finished_at DESC) AS place FROM jobs \
                  WHERE state = 'completed' AND finished_at IS NOT NULL) AS ranked WHERE place > $2)) \
               OR state = 'failed' AND finished_at < $3) \
               AND NOT EXISTS (SELECT 1 FROM jobs AS parents WHERE parents.id = jobs.parent_id \
                 AND parents.finished_at IS NULL)";
    let values = [(now - COMPLETED_KEPT_MS).into(), COMPLETED_KEPT.into(), (now - FAILED_KEPT_MS).into()];
    let pruned = changed(tx, sql, values).await?;
    for table in ["job_attempts", "job_logs"] {
        let sql = format!(
            "DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = {table}.job_id)"
        );
        changed(tx, &sql, []).await?;
    }
    Ok(pruned)
}

/// Tells every worker to look for jobs when the transaction commits: a limit has room again.
pub fn wake_workers(tx: &Tx) {
    tx.note_jobs();
}

async fn changed(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, DbError> {
    Ok(tx.conn().execute_raw(statement(tx.conn(), sql, values)).await?.rows_affected())
}
