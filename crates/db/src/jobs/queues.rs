//! Queues as a whole: paused or not, and how many of their jobs may start.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;

use super::sql::statement;
use crate::error::DbError;
use crate::transaction::Tx;

/// So many jobs may start within so many milliseconds, counted from the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Jobs of one window.
    pub max: u32,
    /// Length of the window, in milliseconds.
    pub duration_ms: i64,
}

/// What holds for a queue across all workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Jobs that run at the same time, everywhere together.
    pub concurrency: Option<u32>,
    /// Jobs that start in a window of time.
    pub rate: Option<Rate>,
}

/// Nobody takes a job of the queue any more; running ones go on. `false` when it was paused already.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn pause(tx: &Tx, queue: &str) -> Result<bool, DbError> {
    set_paused(tx, queue, true).await
}

/// Jobs of the queue are taken again. `false` when it was not paused.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn resume(tx: &Tx, queue: &str) -> Result<bool, DbError> {
    tx.note_jobs();
    set_paused(tx, queue, false).await
}

/// Whether the queue is paused.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn is_paused(conn: &impl ConnectionTrait, queue: &str) -> Result<bool, DbError> {
    Ok(paused_queues(conn).await?.contains(queue))
}

/// The queues that are paused.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn paused_queues(conn: &impl ConnectionTrait) -> Result<BTreeSet<String>, DbError> {
    let rows = conn.query_all_raw(statement(conn, "SELECT name FROM queues WHERE paused", [])).await?;
    rows.into_iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

async fn set_paused(tx: &Tx, queue: &str, paused: bool) -> Result<bool, DbError> {
    let was = is_paused(tx.conn(), queue).await?;
    let sql =
        "INSERT INTO queues (name, paused) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET paused = $2";
    tx.conn().execute_raw(statement(tx.conn(), sql, [queue.into(), paused.into()])).await?;
    Ok(was != paused)
}

/// How many of the `wanted` jobs the queue's limits allow to start now, counted as started; and when to ask again if they
/// are fewer because of the rate. Workers that ask at the same time take turns.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn admit(
    tx: &Tx,
    queue: &str,
    wanted: usize,
    limits: &Limits,
    now: i64,
) -> Result<(usize, Option<i64>), DbError> {
    let lock = "INSERT INTO queues (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = queues.name \
                RETURNING window_until, window_used";
    let row = tx.conn().query_one_raw(statement(tx.conn(), lock, [queue.into()])).await?;
    let (until, used): (i64, i64) = match row {
        Some(row) => (row.try_get_by_index(0)?, row.try_get_by_index(1)?),
        None => (0, 0),
    };
    let mut allowed = wanted;
    if let Some(concurrency) = limits.concurrency {
        let running = count(tx, "state = 'active'", queue).await?;
        allowed = allowed.min((concurrency as usize).saturating_sub(running));
    }
    let Some(rate) = limits.rate else { return Ok((allowed, None)) };
    let (until, used) = if until > now { (until, used) } else { (now + rate.duration_ms, 0) };
    let left = usize::try_from(i64::from(rate.max) - used).unwrap_or(0);
    // Nothing of a paused queue starts, so nothing of its window is used up.
    let waiting = "state = 'waiting' AND NOT EXISTS (SELECT 1 FROM queues WHERE name = $1 AND paused)";
    let startable = count(tx, waiting, queue).await?.min(allowed);
    let started = startable.min(left);
    if started > 0 {
        let used = used + i64::try_from(started).unwrap_or(i64::MAX);
        let note = "UPDATE queues SET window_until = $2, window_used = $3 WHERE name = $1";
        tx.conn().execute_raw(statement(tx.conn(), note, [queue.into(), until.into(), used.into()])).await?;
    }
    Ok((started, (startable > left).then_some(until)))
}

/// Counts no further than any worker has places.
async fn count(tx: &Tx, condition: &str, queue: &str) -> Result<usize, DbError> {
    const ENOUGH: usize = 1000;
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE queue = $1 AND {condition} LIMIT {ENOUGH}) AS few"
    );
    let row = tx.conn().query_one_raw(statement(tx.conn(), &sql, [queue.into()])).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}
