//! The kinds of job this process knows, and the one place where their types are forgotten.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use telecine_db::jobs::Job as Row;
use telecine_db::{DbError, Tx};
use telecine_model::{Failure, FailureCode};

use crate::job::{Context, Job, JobError, Kept};
use crate::run::Run;

/// Every kind of job that a worker can run, registered by one line each.
pub struct Registry<C: Context> {
    handlers: BTreeMap<&'static str, Arc<dyn Handler<C>>>,
    queues: BTreeMap<&'static str, usize>,
}

impl<C: Context> Default for Registry<C> {
    fn default() -> Self {
        Self { handlers: BTreeMap::new(), queues: BTreeMap::new() }
    }
}

impl<C: Context> Registry<C> {
    /// Adds a kind of job.
    #[must_use]
    pub fn with<J: Job<C>>(mut self) -> Self {
        self.handlers.insert(J::NAME, Arc::new(Typed::<J>(PhantomData)));
        let concurrency = self.queues.entry(J::QUEUE).or_insert(J::CONCURRENCY);
        *concurrency = J::CONCURRENCY.max(*concurrency);
        self
    }

    /// The queues of the registered kinds and their default concurrency.
    pub fn queues(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.queues.iter().map(|(queue, concurrency)| (*queue, *concurrency))
    }

    pub(crate) fn handler(&self, name: &str) -> Option<Arc<dyn Handler<C>>> {
        self.handlers.get(name).cloned()
    }

    /// Tells the job's kind, in the same transaction, that it has failed for good.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn failed(
        &self,
        row: &Row,
        tx: &Tx,
        books: &C::Bookkeeping,
        failure: &Failure,
    ) -> Result<(), DbError> {
        match self.handler(&row.name) {
            Some(handler) => handler.failed(row, tx, books, failure).await,
            None => Ok(()),
        }
    }

    /// Tells the job's kind, in the same transaction, that the failed job waits again.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn retried(&self, row: &Row, tx: &Tx, books: &C::Bookkeeping) -> Result<(), DbError> {
        match self.handler(&row.name) {
            Some(handler) => handler.retried(row, tx, books).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
pub(crate) trait Handler<C: Context>: Send + Sync {
    fn timeout(&self) -> Duration;
    fn kept(&self) -> Kept;
    async fn run(&self, row: &Row, run: &Run, context: &C) -> Result<(), JobError>;
    async fn progressed(
        &self,
        row: &Row,
        tx: &Tx,
        books: &C::Bookkeeping,
        progress: f64,
    ) -> Result<(), DbError>;
    async fn retried(&self, row: &Row, tx: &Tx, books: &C::Bookkeeping) -> Result<(), DbError>;
    async fn failed(
        &self,
        row: &Row,
        tx: &Tx,
        books: &C::Bookkeeping,
        failure: &Failure,
    ) -> Result<(), DbError>;
}

struct Typed<J>(PhantomData<fn() -> J>);

#[async_trait]
impl<C: Context, J: Job<C>> Handler<C> for Typed<J> {
    fn timeout(&self) -> Duration {
        J::TIMEOUT
    }

    fn kept(&self) -> Kept {
        J::KEPT
    }

    async fn run(&self, row: &Row, run: &Run, context: &C) -> Result<(), JobError> {
        let job: J = serde_json::from_str(&row.data).map_err(|error| unreadable(&error))?;
        job.run(run, context).await
    }

    async fn progressed(
        &self,
        row: &Row,
        tx: &Tx,
        books: &C::Bookkeeping,
        progress: f64,
    ) -> Result<(), DbError> {
        let Some(job) = known::<C, J>(row) else { return Ok(()) };
        job.progressed(tx, books, progress).await
    }

    async fn retried(&self, row: &Row, tx: &Tx, books: &C::Bookkeeping) -> Result<(), DbError> {
        let Some(job) = known::<C, J>(row) else { return Ok(()) };
        job.retried(tx, books).await
    }

    async fn failed(
        &self,
        row: &Row,
        tx: &Tx,
        books: &C::Bookkeeping,
        failure: &Failure,
    ) -> Result<(), DbError> {
        let Some(job) = known::<C, J>(row) else { return Ok(()) };
        job.failed(tx, books, failure).await
    }
}

/// The job as its data say, or at least its subject.
fn known<C: Context, J: Job<C>>(row: &Row) -> Option<J> {
    serde_json::from_str(&row.data).ok().or_else(|| J::of_subject(row.subject.as_deref()?))
}

fn unreadable(error: &serde_json::Error) -> JobError {
    let code = FailureCode::InvalidPayload;
    // The position of the mistake says nothing to the one who has added the job.
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    let message = format!("{} {reason}.", code.sentence());
    JobError::Fail(Failure { message, ..code.into() })
}
