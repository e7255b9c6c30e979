//! What jobs write down while they run.

use sea_orm::ConnectionTrait;

use super::Lease;
use super::sql::statement;
use crate::error::DbError;
use crate::transaction::Tx;

/// The newest lines of a job that are kept.
const KEPT: i64 = 1000;
/// Longer lines are cut off.
const LINE_CHARS: usize = 2000;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Counts from 1 with each line of the job.
    pub number: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The text.
    pub line: String,
}

/// Adds a line to the job's log while the run holds the job; `false` when it does not.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn append_log(tx: &Tx, lease: &Lease, line: &str, now: i64) -> Result<bool, DbError> {
    let sql = "INSERT INTO job_logs (job_id, line_number, at, line) \
               SELECT id, COALESCE((SELECT MAX(line_number) FROM job_logs WHERE job_id = $1), 0) + 1, $3, $4 \
               FROM jobs WHERE id = $1 AND token = $2 AND state = 'active'";
    let line: String = line.chars().take(LINE_CHARS).collect();
    let values = [lease.job_id.as_str().into(), lease.token.into(), now.into(), line.into()];
    let added = tx.conn().execute_raw(statement(tx.conn(), sql, values)).await?.rows_affected() == 1;
    let old = "DELETE FROM job_logs WHERE job_id = $1 \
               AND line_number <= (SELECT MAX(line_number) FROM job_logs WHERE job_id = $1) - $2";
    tx.conn().execute_raw(statement(tx.conn(), old, [lease.job_id.as_str().into(), KEPT.into()])).await?;
    Ok(added)
}

/// Up to `limit` lines of the job's log after line `after`, in order.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn logs_of(
    conn: &impl ConnectionTrait,
    job_id: &str,
    after: i64,
    limit: u64,
) -> Result<Vec<LogLine>, DbError> {
    let sql = "SELECT line_number, at, line FROM job_logs WHERE job_id = $1 AND line_number > $2 \
               ORDER BY line_number LIMIT $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = conn.query_all_raw(statement(conn, sql, [job_id.into(), after.into(), limit.into()])).await?;
    let line = |row: sea_orm::QueryResult| {
        Ok(LogLine {
            number: row.try_get("", "line_number")?,
            at: row.try_get("", "at")?,
            line: row.try_get("", "line")?,
        })
    };
    rows.into_iter().map(line).collect()
}
