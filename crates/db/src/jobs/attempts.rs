//! The history of a job's runs that did not succeed: when, by whom, how long, and why.

use sea_orm::ConnectionTrait;
use telecine_model::Failure;

use super::Lease;
use super::sql::statement;
use crate::error::DbError;
use crate::transaction::Tx;

/// The newest runs of a job that are kept.
const KEPT: i64 = 50;

/// How a run ended that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It will be tried again.
    Retried,
    /// It was the last one.
    Failed,
    /// Its worker disappeared.
    Stalled,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::Failed => "failed",
            Self::Stalled => "stalled",
        }
    }
}

/// A run that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The fencing token of the run: grows with each.
    pub token: i64,
    /// Who ran it.
    pub worker: Option<String>,
    /// Milliseconds since 1970.
    pub started_at: Option<i64>,
    /// Milliseconds since 1970.
    pub ended_at: i64,
    /// `retried`, `failed` or `stalled`.
    pub outcome: String,
    /// Why.
    pub failure: Option<Failure>,
}

/// The kept attempts of a job, oldest first.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn attempts_of(conn: &impl ConnectionTrait, job_id: &str) -> Result<Vec<Attempt>, DbError> {
    let sql = "SELECT token, worker, started_at, ended_at, outcome, code, message, detail FROM job_attempts \
               WHERE job_id = $1 ORDER BY token";
    let rows = conn.query_all_raw(statement(conn, sql, [job_id.into()])).await?;
    let attempt = |row: sea_orm::QueryResult| {
        let (code, message, detail): (Option<String>, Option<String>, Option<String>) =
            (row.try_get("", "code")?, row.try_get("", "message")?, row.try_get("", "detail")?);
        Ok(Attempt {
            token: row.try_get("", "token")?,
            worker: row.try_get("", "worker")?,
            started_at: row.try_get("", "started_at")?,
            ended_at: row.try_get("", "ended_at")?,
            outcome: row.try_get("", "outcome")?,
            failure: code.map(|code| Failure { code, message: message.unwrap_or_default(), detail }),
        })
    };
    rows.into_iter().map(attempt).collect()
}

/// Writes down how the run ended, if it still holds the job; what lies far back goes.
pub(super) async fn note(
    tx: &Tx,
    lease: &Lease,
    outcome: Outcome,
    failure: Option<&Failure>,
    now: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO job_attempts (job_id, token, worker, started_at, ended_at, outcome, code, message, detail) \
               SELECT id, token, worker, started_at, $3, $4, $5, $6, $7 FROM jobs \
               WHERE id = $1 AND token = $2 AND state = 'active' ON CONFLICT (job_id, token) DO NOTHING";
    let values = [
        lease.job_id.as_str().into(),
        lease.token.into(),
        now.into(),
        outcome.as_str().into(),
        failure.map(|failure| failure.code.as_str()).into(),
        failure.map(|failure| failure.message.as_str()).into(),
        failure.and_then(|failure| failure.detail.as_deref()).into(),
    ];
    tx.conn().execute_raw(statement(tx.conn(), sql, values)).await?;
    let old = "DELETE FROM job_attempts WHERE job_id = $1 AND token <= $2";
    let values = [lease.job_id.as_str().into(), (lease.token - KEPT).into()];
    tx.conn().execute_raw(statement(tx.conn(), old, values)).await?;
    Ok(())
}

/// Writes down the runs whose workers disappeared: those that `lost`, a condition on jobs with `$2`, picks.
pub(super) async fn note_lost(tx: &Tx, lost: &str, value: sea_orm::Value, now: i64) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO job_attempts (job_id, token, worker, started_at, ended_at, outcome) \
         SELECT id, token, worker, started_at, $1, '{}' FROM jobs WHERE state = 'active' AND {lost} \
         ON CONFLICT (job_id, token) DO NOTHING",
        Outcome::Stalled.as_str(),
    );
    tx.conn().execute_raw(statement(tx.conn(), &sql, [now.into(), value])).await?;
    Ok(())
}
