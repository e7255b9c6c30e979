//! The kinds of job this process knows, and the one place where their types are forgotten.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use telecine_db::{DbError, Tx};
use telecine_model::{Failure, FailureCode};

use crate::job::{Job, JobError, Kept};
use crate::run::Run;

/// Every kind of job that a worker can run, registered by one line each.
pub struct Registry<C> {
    handlers: BTreeMap<&'static str, Arc<dyn Handler<C>>>,
    queues: BTreeMap<&'static str, usize>,
}

impl<C: Send + Sync + 'static> Default for Registry<C> {
    fn default() -> Self {
        Self { handlers: BTreeMap::new(), queues: BTreeMap::new() }
    }
}

impl<C: Send + Sync + 'static> Registry<C> {
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

    /// Leaves only these queues to be served here.
    #[must_use]
    pub fn serving(mut self, queues: &[String]) -> Self {
        self.queues.retain(|queue, _| queues.iter().any(|served| served == queue));
        self
    }

    pub(crate) fn handler(&self, name: &str) -> Option<Arc<dyn Handler<C>>> {
        self.handlers.get(name).cloned()
    }
}

#[async_trait]
pub(crate) trait Handler<C>: Send + Sync {
    fn timeout(&self) -> Duration;
    fn kept(&self) -> Kept;
    async fn run(&self, data: &str, run: &Run, context: &C) -> Result<(), JobError>;
    async fn progressed(&self, data: &str, tx: &Tx, context: &C, progress: f64) -> Result<(), DbError>;
    async fn failed(&self, data: &str, tx: &Tx, context: &C, failure: &Failure) -> Result<(), DbError>;
}

struct Typed<J>(PhantomData<fn() -> J>);

#[async_trait]
impl<C: Send + Sync + 'static, J: Job<C>> Handler<C> for Typed<J> {
    fn timeout(&self) -> Duration {
        J::TIMEOUT
    }

    fn kept(&self) -> Kept {
        J::KEPT
    }

    async fn run(&self, data: &str, run: &Run, context: &C) -> Result<(), JobError> {
        parse::<J>(data)?.run(run, context).await
    }

    async fn progressed(&self, data: &str, tx: &Tx, context: &C, progress: f64) -> Result<(), DbError> {
        let Ok(job) = parse::<J>(data) else { return Ok(()) };
        job.progressed(tx, context, progress).await
    }

    async fn failed(&self, data: &str, tx: &Tx, context: &C, failure: &Failure) -> Result<(), DbError> {
        let Ok(job) = parse::<J>(data) else { return Ok(()) };
        job.failed(tx, context, failure).await
    }
}

fn parse<J: serde::de::DeserializeOwned>(data: &str) -> Result<J, JobError> {
    serde_json::from_str(data).map_err(|error| {
        let code = FailureCode::Internal.as_str().to_owned();
        JobError::Fail(Failure { code, message: format!("the job's data cannot be read: {error}") })
    })
}
