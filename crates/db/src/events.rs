//! Events: what has changed, for those who watch. Rows are written in the transaction that makes the change, and hold what
//! was true when it committed.
//!
//! A transaction notes what it touches; [`Tx::commit`](crate::Tx::commit) writes the events, one statement for everything.
//! Readers go by [`Position`]. On PostgreSQL a transaction that began early may commit late, so rows are read in the order
//! of their transactions, and only once every transaction before has ended.

mod written;

use std::fmt;
use std::str::FromStr;

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use crate::error::DbError;
use crate::jobs::statement;
pub(crate) use written::written;

/// Events that are kept at most …
const KEPT: i64 = 10_000;
/// … and how long, in milliseconds.
const KEPT_MS: i64 = 3_600_000;
/// Old events are removed by every so many new ones.
const PRUNE_EVERY: usize = 100;
/// Events that are looked at then for each new one: more than are added in between.
const PRUNE_FACTOR: usize = 5;

/// A place in the order of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Of the transaction; 0 where transactions take turns.
    pub transaction_id: i64,
    /// Of the event.
    pub id: i64,
}

/// Something has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place.
    pub position: Position,
    /// When, in milliseconds since 1970 by the database's clock.
    pub at: i64,
    /// `video`, `upload`, `job`, `image`, `asset` or `episode`.
    pub kind: String,
    /// The id of what has changed.
    pub subject: String,
    /// How it stands: a JSON object.
    pub data: String,
}

/// Events in their order.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Those whose place is certain.
    pub events: Vec<Event>,
    /// Whether there are others that have to wait for a transaction to end.
    pub is_waiting: bool,
}

/// The text is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an event: expected two numbers like 0-17")]
pub struct InvalidPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.transaction_id, self.id)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        let (transaction_id, id) = text.split_once('-').ok_or(InvalidPosition)?;
        let position = number(transaction_id).zip(number(id)).ok_or(InvalidPosition)?;
        Ok(Self { transaction_id: position.0, id: position.1 })
    }
}

/// Up to `limit` events after the position.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn after(conn: &impl ConnectionTrait, position: Position, limit: u64) -> Result<Page, DbError> {
    let is_final = is_final(conn);
    let sql = format!(
        "SELECT transaction_id, id, at, kind, subject, data, {is_final} AS is_final FROM events \
         WHERE (transaction_id, id) > ($1, $2) ORDER BY transaction_id, id LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [position.transaction_id.into(), position.id.into(), limit.into()];
    let mut page = Page::default();
    for row in conn.query_all_raw(statement(conn, &sql, values)).await? {
        if !row.try_get_by_index::<bool>(6)? {
            page.is_waiting = true;
            break;
        }
        page.events.push(event(&row)?);
    }
    Ok(page)
}

/// The place of the newest event that is certain; the beginning when there is none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn newest(conn: &impl ConnectionTrait) -> Result<Position, DbError> {
    let is_final = is_final(conn);
    let sql = format!(
        "SELECT transaction_id, id FROM events WHERE {is_final} ORDER BY transaction_id DESC, id DESC LIMIT 1"
    );
    let row = conn.query_one_raw(statement(conn, &sql, [])).await?;
    row.map_or(Ok(Position::default()), |row| position(&row))
}

/// Whether every event after the position is still there.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn is_kept(conn: &impl ConnectionTrait, position: Position) -> Result<bool, DbError> {
    // Old events go in order: what comes after one that is there is there. Before the first one there was none.
    let sql = "SELECT 1 FROM events WHERE transaction_id = $1 AND id = $2 \
               UNION ALL SELECT 1 WHERE $2 = 0 AND NOT EXISTS (SELECT 1 FROM events) \
               UNION ALL SELECT 1 FROM events WHERE $2 = 0 AND id = 1";
    let values = [position.transaction_id.into(), position.id.into()];
    Ok(conn.query_one_raw(statement(conn, sql, values)).await?.is_some())
}

/// Whether the place of a row is certain: no transaction before is under way.
fn is_final(conn: &impl ConnectionTrait) -> &'static str {
    match conn.get_database_backend() {
        DbBackend::Postgres => "transaction_id < ((pg_snapshot_xmin(pg_current_snapshot())::text)::bigint)",
        _ => "TRUE",
    }
}

fn position(row: &QueryResult) -> Result<Position, DbError> {
    Ok(Position { transaction_id: row.try_get_by_index(0)?, id: row.try_get_by_index(1)? })
}

fn event(row: &QueryResult) -> Result<Event, DbError> {
    Ok(Event {
        position: position(row)?,
        at: row.try_get_by_index(2)?,
        kind: row.try_get_by_index(3)?,
        subject: row.try_get_by_index(4)?,
        data: row.try_get_by_index(5)?,
    })
}

/// Whether old events are to be removed when `added` come to `before` others that this process has written.
pub(crate) fn is_time_to_prune(before: usize, added: usize) -> bool {
    before / PRUNE_EVERY != (before + added) / PRUNE_EVERY
}

/// Removes the oldest events that are too many or too old, after `added` new ones were written.
pub(crate) fn pruned(backend: DbBackend, added: usize) -> Statement {
    let (now, skip_locked) = match backend {
        DbBackend::Postgres => (written::POSTGRES_NOW, "FOR UPDATE SKIP LOCKED"),
        _ => (written::SQLITE_NOW, ""),
    };
    let at_most = PRUNE_FACTOR * added.max(PRUNE_EVERY);
    let sql = format!(
        "DELETE FROM events WHERE id IN (SELECT id FROM \
           (SELECT id, at FROM events ORDER BY transaction_id, id LIMIT {at_most} {skip_locked}) AS oldest \
         WHERE id <= (SELECT MAX(id) FROM events) - $1 OR at < {now} - $2)"
    );
    Statement::from_sql_and_values(backend, sql, [KEPT.into(), KEPT_MS.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_two_numbers_and_nothing_else() {
        let position = Position { transaction_id: 700, id: 17 };
        assert_eq!(position.to_string().parse(), Ok(position));
        for broken in ["", "17", "0-", "-17", "0-x", "0--1", "0-1-2", " 0-1"] {
            assert_eq!(broken.parse::<Position>(), Err(InvalidPosition), "{broken}");
        }
    }
}
