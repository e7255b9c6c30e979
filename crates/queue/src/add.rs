//! Adding jobs, inside the transaction that needs them.

use telecine_db::jobs::{self, Backoff, NewJob, OnChildFailure, Parent};
use telecine_db::{DbError, Tx};
use telecine_model::Clock;

use crate::job::{Context, Job};

/// The longest data of a job, in bytes: arguments are ids and small choices.
pub const MAX_DATA_BYTES: usize = 64 * 1024;

/// Adds the job in the transaction; it runs as soon as a worker is free after the commit. `false` when a job with its
/// id exists already.
///
/// # Errors
/// [`DbError`].
pub async fn add<C: Context, J: Job<C>>(tx: &Tx, clock: &dyn Clock, job: &J) -> Result<bool, DbError> {
    jobs::insert(tx, &row(clock, job)?, clock.now_ms()).await
}

/// Adds the job in the transaction, to run at `run_at` (milliseconds since 1970) or later.
///
/// # Errors
/// [`DbError`].
pub async fn add_at<C: Context, J: Job<C>>(
    tx: &Tx,
    clock: &dyn Clock,
    job: &J,
    run_at: i64,
) -> Result<bool, DbError> {
    jobs::insert(tx, &NewJob { run_at, ..row(clock, job)? }, clock.now_ms()).await
}

/// Adds a parent that runs once its children have ended, and the children. `false`, and nothing is added, when the parent
/// exists already. A child may itself be the parent of a flow that is added with its own call.
///
/// # Errors
/// [`DbError`].
pub async fn add_flow(
    tx: &Tx,
    clock: &dyn Clock,
    parent: NewJob,
    children: Vec<(NewJob, OnChildFailure)>,
) -> Result<bool, DbError> {
    let now = clock.now_ms();
    let count = i32::try_from(children.len()).unwrap_or(i32::MAX);
    let id = parent.id.clone();
    if !jobs::insert(tx, &NewJob { children: count, ..parent }, now).await? {
        return Ok(false);
    }
    add_children(tx, &id, children, now).await?;
    Ok(true)
}

/// Adds the children of a job that waits for so many of them.
pub(crate) async fn add_children(
    tx: &Tx,
    parent: &str,
    children: Vec<(NewJob, OnChildFailure)>,
    now: i64,
) -> Result<(), DbError> {
    let of_parent = |on_failure| Some(Parent { id: parent.to_owned(), on_failure });
    let child = |(job, on_failure)| NewJob { parent: of_parent(on_failure), ..job };
    let children: Vec<NewJob> = children.into_iter().map(child).collect();
    let added = jobs::insert_many(tx, &children, now).await?;
    // A child that existed before belongs to somebody else and is not waited for.
    for _ in added.len()..children.len() {
        jobs::child_ended(tx, parent, now).await?;
    }
    Ok(())
}

/// The row of a job to be added, for callers that want to change its priority, attempts or parent.
///
/// # Errors
/// [`DbError::Corrupt`] when its data cannot be written as JSON, or are too long.
pub fn row<C: Context, J: Job<C>>(clock: &dyn Clock, job: &J) -> Result<NewJob, DbError> {
    let id = job.id();
    let unusable = || DbError::Corrupt { table: "jobs", id: id.clone(), column: "data" };
    let data = serde_json::to_string(job).map_err(|_| unusable())?;
    if data.len() > MAX_DATA_BYTES {
        return Err(unusable());
    }
    let base_ms = i64::try_from(J::BACKOFF.as_millis()).unwrap_or(i64::MAX);
    Ok(NewJob {
        subject: job.subject(),
        priority: job.priority(),
        run_at: clock.now_ms(),
        max_attempts: J::ATTEMPTS,
        backoff: Backoff { jitter: J::JITTER, ..Backoff::exponential(base_ms) },
        ..NewJob::new(&id, J::QUEUE, J::NAME, &data)
    })
}
