//! The workers that are there, as they say themselves.

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;

use super::sql::statement;
use crate::error::DbError;
use crate::transaction::Tx;

/// A worker that has not been heard of for this time is gone.
const GONE_AFTER_MS: i64 = 30_000;

/// Notes that a worker is there, with its places by queue, and forgets those that are gone.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn note_worker(
    tx: &Tx,
    name: &str,
    places: &BTreeMap<&str, usize>,
    now: i64,
) -> Result<(), DbError> {
    let conn = tx.conn();
    let forget = "DELETE FROM workers WHERE seen_at < $1";
    conn.execute_raw(statement(conn, forget, [(now - GONE_AFTER_MS).into()])).await?;
    for (queue, places) in places {
        let note = "INSERT INTO workers (name, queue, places, seen_at) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (name, queue) DO UPDATE SET places = $3, seen_at = $4";
        let places = i64::try_from(*places).unwrap_or(i64::MAX);
        let values = [name.into(), (*queue).into(), places.into(), now.into()];
        conn.execute_raw(statement(conn, note, values)).await?;
    }
    Ok(())
}

/// Notes that a worker has ended.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn forget_worker(tx: &Tx, name: &str) -> Result<(), DbError> {
    let sql = "DELETE FROM workers WHERE name = $1";
    tx.conn().execute_raw(statement(tx.conn(), sql, [name.into()])).await?;
    Ok(())
}

/// Places of a queue that no job has or waits for, in all workers but the one that runs this job.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn idle_elsewhere(
    conn: &impl ConnectionTrait,
    queue: &str,
    job: &str,
    now: i64,
) -> Result<usize, DbError> {
    let own = "COALESCE((SELECT worker FROM jobs WHERE id = $2), '')";
    let sql = format!(
        "SELECT CAST((SELECT COALESCE(SUM(places), 0) FROM workers \
                      WHERE queue = $1 AND seen_at >= $3 AND name <> {own}) \
                   - (SELECT COUNT(*) FROM jobs \
                      WHERE queue = $1 AND (state = 'waiting' OR state = 'active' AND COALESCE(worker, '') <> {own})) \
                 AS BIGINT)"
    );
    let values = [queue.into(), job.into(), (now - GONE_AFTER_MS).into()];
    let row = conn.query_one_raw(statement(conn, &sql, values)).await?;
    let idle: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    Ok(usize::try_from(idle).unwrap_or(0))
}
