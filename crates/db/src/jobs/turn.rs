//! A worker's turn: what it has ended and what it takes next, in statements that travel together.

use std::collections::BTreeSet;

use super::claim::{claimed, claiming};
use super::finish::{Completion, completing, held_of};
use super::upkeep::{due_of, seeking_due};
use super::{Job, Lease};
use crate::error::DbError;
use crate::transaction::Tx;

/// Who claims, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    /// The worker's name.
    pub worker: &'a str,
    /// Milliseconds since 1970.
    pub now: i64,
    /// When the claims end without a heartbeat, in milliseconds since 1970.
    pub lease_until: i64,
}

/// What a turn has brought.
#[derive(Debug, Default)]
pub struct Turn {
    /// The ended runs that still held their leases; for the others nothing has changed.
    pub held: BTreeSet<Lease>,
    /// What was claimed of each queue, in the order of the queues.
    pub claimed: Vec<Vec<Job>>,
    /// When there is something to do next, in milliseconds since 1970: a delayed job becomes due, a lease runs out, or a
    /// schedule wants a job. `None` when there is nothing.
    pub next_due: Option<i64>,
}

/// Completes the runs that have succeeded, then claims up to so many jobs of each queue: lowest priority number first, then
/// in the order they were added; none of a paused queue.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn turn(
    tx: &Tx,
    ended: &[Completion],
    wanted: &[(&str, usize)],
    claimant: Claimant<'_>,
) -> Result<Turn, DbError> {
    let conn = tx.conn();
    let completing = completing(conn, ended, claimant.now);
    let completions = completing.len();
    let claiming = wanted.iter().map(|(queue, count)| claiming(conn, queue, *count, claimant));
    let statements = completing.into_iter().chain(claiming).chain([seeking_due(conn)]).collect();
    let mut answers = conn.query_each(statements).await?;
    let next_due = due_of(&answers.pop().unwrap_or_default())?;
    let rows = answers.split_off(completions);
    let held = held_of(tx, answers.into_iter().flatten(), claimant.now).await?;
    let claimed = rows.iter().map(|rows| claimed(tx, rows)).collect::<Result<_, _>>()?;
    Ok(Turn { held, claimed, next_due })
}
