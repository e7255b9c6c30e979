//! The kinds of job this process knows, and the one place where their types are forgotten.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use telecine_db::jobs::Job as Row;
use telecine_db::{DbError, Tx};
use telecine_metrics::Metrics;
use telecine_model::{Failure, FailureCode};

use crate::config::{QueueConfig, Retries};
use crate::job::{Context, Job, JobError, Kept};
use crate::run::Run;

/// Every kind of job that a worker can run, registered by one line each; where their runs are counted, and what the
/// settings say about all of them.
pub struct Registry<C: Context> {
    handlers: BTreeMap<&'static str, Arc<dyn Handler<C>>>,
    queues: BTreeMap<&'static str, usize>,
    /// By queue: the kind of jobs with unknown names.
    fallbacks: BTreeMap<&'static str, &'static str>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) retries: Retries,
}

impl<C: Context> Default for Registry<C> {
    fn default() -> Self {
        Self {
            handlers: BTreeMap::new(),
            queues: BTreeMap::new(),
            fallbacks: BTreeMap::new(),
            metrics: Arc::default(),
            retries: Retries::default(),
        }
    }
}

impl<C: Context> Registry<C> {
    /// Adds a kind of job.
    #[must_use]
    pub fn with<J: Job<C>>(mut self) -> Self {
        self.handlers.insert(J::NAME, Arc::new(Typed::<J>(PhantomData)));
        let concurrency = self.queues.entry(J::QUEUE).or_insert(J::CONCURRENCY);
        *concurrency = J::CONCURRENCY.max(*concurrency);
        if J::TAKES_ANY_NAME {
            self.fallbacks.insert(J::QUEUE, J::NAME);
        }
        self
    }

    /// Counts the runs there.
    #[must_use]
    pub fn counting_in(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// Tries failed jobs again as the settings say, whatever their kinds do.
    #[must_use]
    pub fn with_retries(self, config: &QueueConfig) -> Self {
        Self { retries: config.retries(), ..self }
    }

    /// The queues of the registered kinds and their default concurrency.
    pub fn queues(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.queues.iter().map(|(queue, concurrency)| (*queue, *concurrency))
    }

    /// Leaves only these queues to be served here.
    #[must_use]
    pub fn serving(mut self, queues: &[String]) -> Self {
        self.queues.retain(|queue, _| queues.iter().any(|served| served == queue));
        self
    }

    /// The code for the job: by its name, or by its queue.
    pub(crate) fn handler(&self, job: &Row) -> Option<Arc<dyn Handler<C>>> {
        let by_name = self.handlers.get(job.name.as_str());
        let by_queue = || self.handlers.get(self.fallbacks.get(job.queue.as_str())?);
        by_name.or_else(by_queue).cloned()
    }

    /// The kind of the job for figures; names that this program does not know are chosen by others.
    pub(crate) fn kind(&self, job: &Row) -> &str {
        let by_name = self.handlers.get_key_value(job.name.as_str()).map(|(name, _)| *name);
        by_name.or_else(|| self.fallbacks.get(job.queue.as_str()).copied()).unwrap_or("unknown")
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
        match self.handler(row) {
            Some(handler) => handler.failed(row, tx, books, failure).await,
            None => Ok(()),
        }
    }

    /// Tells the job's kind, in the same transaction, that the failed job waits again.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn retried(&self, row: &Row, tx: &Tx, books: &C::Bookkeeping) -> Result<(), DbError> {
        match self.handler(row) {
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
