//! Schedules: jobs that are added again and again.

use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::DbError;
use crate::jobs::statement;
use crate::transaction::Tx;

/// When a schedule wants its next job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rhythm {
    /// A cron expression of five fields, or six with seconds first, in a time zone such as `Europe/Berlin`.
    Cron {
        /// The expression.
        pattern: String,
        /// An IANA name; UTC when absent.
        time_zone: Option<String>,
    },
    /// So many milliseconds after the last one.
    Every(i64),
}

/// A schedule as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Unique; a second one with this id replaces the first.
    pub id: String,
    /// The queue of its jobs.
    pub queue: String,
    /// Their kind.
    pub name: String,
    /// Their arguments as JSON.
    pub data: String,
    /// When they come.
    pub rhythm: Rhythm,
    /// The jobs' attempts, backoff and so on: JSON of the queue crate.
    pub options: String,
    /// When the next one comes, in milliseconds since 1970.
    pub next_at: i64,
    /// When the last one was due.
    pub last_at: Option<i64>,
}

const COLUMNS: &str = "id, queue, name, data, cron, time_zone, every_ms, options, next_at, last_at";

/// Writes the schedule down. One that is there already keeps its next time unless its rhythm changes.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn upsert(tx: &Tx, schedule: &Schedule, now: i64) -> Result<(), DbError> {
    let (cron, time_zone, every) = match &schedule.rhythm {
        Rhythm::Cron { pattern, time_zone } => (Some(pattern.as_str()), time_zone.as_deref(), None),
        Rhythm::Every(milliseconds) => (None, None, Some(*milliseconds)),
    };
    let same = match tx.conn().get_database_backend() {
        sea_orm::DbBackend::Postgres => "IS NOT DISTINCT FROM",
        _ => "IS",
    };
    let sql = format!(
        "INSERT INTO schedules ({COLUMNS}, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10) \
         ON CONFLICT (id) DO UPDATE SET queue = $2, name = $3, data = $4, cron = $5, time_zone = $6, every_ms = $7, \
         options = $8, next_at = CASE WHEN schedules.cron {same} excluded.cron \
           AND schedules.time_zone {same} excluded.time_zone AND schedules.every_ms {same} excluded.every_ms \
         THEN schedules.next_at ELSE excluded.next_at END"
    );
    let values = [
        schedule.id.as_str().into(),
        schedule.queue.as_str().into(),
        schedule.name.as_str().into(),
        schedule.data.as_str().into(),
        cron.into(),
        time_zone.into(),
        every.into(),
        schedule.options.as_str().into(),
        schedule.next_at.into(),
        now.into(),
    ];
    tx.conn().execute_raw(statement(tx.conn(), &sql, values)).await?;
    tx.note_jobs();
    Ok(())
}

/// The schedules whose time has come.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn due(conn: &impl ConnectionTrait, now: i64) -> Result<Vec<Schedule>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM schedules WHERE next_at <= $1 ORDER BY next_at, id");
    let rows = conn.query_all_raw(statement(conn, &sql, [now.into()])).await?;
    rows.iter().map(schedule).collect()
}

/// Every schedule, by id.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn list(conn: &impl ConnectionTrait) -> Result<Vec<Schedule>, DbError> {
    let rows = conn
        .query_all_raw(statement(conn, &format!("SELECT {COLUMNS} FROM schedules ORDER BY id"), []))
        .await?;
    rows.iter().map(schedule).collect()
}

/// Moves the schedule on, with the time of its last job; `false` when another process has done so already.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn advance(tx: &Tx, id: &str, from: i64, to: i64, last: Option<i64>) -> Result<bool, DbError> {
    let sql = "UPDATE schedules SET next_at = $3, last_at = $4 WHERE id = $1 AND next_at = $2";
    let values = [id.into(), from.into(), to.into(), last.into()];
    Ok(tx.conn().execute_raw(statement(tx.conn(), sql, values)).await?.rows_affected() == 1)
}

/// Removes the schedule; `false` when there is none with this id.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn remove(tx: &Tx, id: &str) -> Result<bool, DbError> {
    let removed = statement(tx.conn(), "DELETE FROM schedules WHERE id = $1", [id.into()]);
    Ok(tx.conn().execute_raw(removed).await?.rows_affected() == 1)
}

fn schedule(row: &QueryResult) -> Result<Schedule, DbError> {
    let (cron, every): (Option<String>, Option<i64>) =
        (row.try_get("", "cron")?, row.try_get("", "every_ms")?);
    let rhythm = match (cron, every) {
        (Some(pattern), _) => Rhythm::Cron { pattern, time_zone: row.try_get("", "time_zone")? },
        (None, every) => Rhythm::Every(every.unwrap_or(i64::MAX)),
    };
    Ok(Schedule {
        id: row.try_get("", "id")?,
        queue: row.try_get("", "queue")?,
        name: row.try_get("", "name")?,
        data: row.try_get("", "data")?,
        rhythm,
        options: row.try_get("", "options")?,
        next_at: row.try_get("", "next_at")?,
        last_at: row.try_get("", "last_at")?,
    })
}
