//! What people and programs do with queues, whatever the engine: look at them, pause them, and put failed jobs right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use telecine_db::jobs::{self, Attempt, ChildResult, Counts, Filter, Job, LogLine};
use telecine_db::schedules::Schedule;
use telecine_db::{Db, DbError, Tx};
use telecine_model::{Clock, FailureCode, JobState};

use crate::handler::Registry;
use crate::job::Context;

/// Jobs of one transaction when many are changed.
const SLICE: u64 = 500;
/// Lines of a log that come with the job; the rest is asked for page by page.
const LOG_LINES: u64 = 200;

/// One queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueOverview {
    /// Its jobs by state.
    pub counts: Counts,
    /// Whether nobody takes its jobs at present.
    pub is_paused: bool,
}

/// A job with everything that is known of it.
#[derive(Debug, Clone)]
pub struct JobDetails {
    /// The job.
    pub job: Job,
    /// Its runs that did not succeed, oldest first.
    pub attempts: Vec<Attempt>,
    /// The first lines of its log.
    pub log: Vec<LogLine>,
    /// What it waits for or has waited for.
    pub children: Vec<ChildResult>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum QueuesError {
    /// There is no such job.
    #[error("there is no job {0:?}; finished jobs are kept for a day, failed ones for a week")]
    NoSuchJob(String),
    /// There is no such queue.
    #[error("there is no queue {queue:?}; there are {known}")]
    NoSuchQueue {
        /// The name.
        queue: String,
        /// The names there are.
        known: String,
    },
    /// The job is not in a state for this.
    #[error("the job {id} is {state}; only one that is {wanted} can be {done}")]
    WrongState {
        /// The job.
        id: String,
        /// Its state.
        state: JobState,
        /// The states for this.
        wanted: &'static str,
        /// What was to be done.
        done: &'static str,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Redis failed.
    #[error("Redis failed: {0}")]
    Redis(String),
}

/// What people and programs do with queues.
#[async_trait]
pub trait Queues: Send + Sync {
    /// Every queue by name, also those without jobs.
    async fn overview(&self) -> Result<BTreeMap<String, QueueOverview>, DbError>;
    /// The jobs that the filter picks; see [`jobs::list`].
    async fn list(&self, filter: &Filter) -> Result<Vec<Job>, QueuesError>;
    /// One job.
    async fn find(&self, id: &str) -> Result<JobDetails, QueuesError>;
    /// Lines of a job's log after line `after`.
    async fn log(&self, id: &str, after: i64, limit: u64) -> Result<Vec<LogLine>, QueuesError>;
    /// Makes a failed job wait again, with all its attempts before it.
    async fn retry(&self, id: &str) -> Result<(), QueuesError>;
    /// The same for every failed job of the queue, or those with the text; returns how many.
    async fn retry_all(&self, queue: &str, text: Option<&str>) -> Result<u64, QueuesError>;
    /// Makes a delayed job due at once.
    async fn promote(&self, id: &str) -> Result<(), QueuesError>;
    /// Stops a running job, and fails one that waits, with the code `cancelled`.
    async fn cancel(&self, id: &str) -> Result<(), QueuesError>;
    /// Removes a job that is not running; one that has not ended fails first, so that its subject does not wait for ever.
    async fn remove(&self, id: &str) -> Result<(), QueuesError>;
    /// Nobody takes jobs of the queue until it is resumed; running ones go on.
    async fn pause(&self, queue: &str) -> Result<(), QueuesError>;
    /// Jobs of the queue are taken again.
    async fn resume(&self, queue: &str) -> Result<(), QueuesError>;
    /// Removes the jobs that have ended in this state before `ended_before`; returns how many.
    async fn clear(&self, queue: &str, state: JobState, ended_before: i64) -> Result<u64, QueuesError>;
    /// The schedules by id.
    async fn schedules(&self) -> Result<Vec<Schedule>, QueuesError>;
}

/// The queues of the embedded engine.
pub struct TableQueues<C: Context> {
    db: Db,
    clock: Arc<dyn Clock>,
    registry: Arc<Registry<C>>,
    books: Arc<C::Bookkeeping>,
}

impl<C: Context> TableQueues<C> {
    /// The queues of the kinds in `registry`, in this database.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        registry: Arc<Registry<C>>,
        books: Arc<C::Bookkeeping>,
    ) -> Self {
        Self { db, clock, registry, books }
    }

    async fn check_queue(&self, queue: &str) -> Result<(), QueuesError> {
        let known = self.overview().await?;
        if known.contains_key(queue) {
            return Ok(());
        }
        let known = known.into_keys().collect::<Vec<_>>().join(", ");
        Err(QueuesError::NoSuchQueue { queue: queue.to_owned(), known })
    }

    async fn job(&self, id: &str) -> Result<Job, QueuesError> {
        let job = jobs::find(self.db.read(), id).await?;
        job.ok_or_else(|| QueuesError::NoSuchJob(id.to_owned()))
    }

    /// Why the job is not in the state it should be in.
    async fn wrong_state(&self, id: &str, wanted: &'static str, done: &'static str) -> QueuesError {
        match self.job(id).await {
            Ok(job) => QueuesError::WrongState { id: id.to_owned(), state: job.state, wanted, done },
            Err(error) => error,
        }
    }

    async fn cancel_in(&self, tx: &Tx, id: &str) -> Result<(), DbError> {
        let Some((job, parents)) = jobs::cancel(tx, id, self.clock.now_ms()).await? else { return Ok(()) };
        self.tell_failed(tx, &job, FailureCode::Cancelled).await?;
        for parent in parents {
            self.tell_failed(tx, &parent, FailureCode::ChildFailed).await?;
        }
        Ok(())
    }

    async fn tell_failed(&self, tx: &Tx, job: &Job, code: FailureCode) -> Result<(), DbError> {
        self.registry.failed(job, tx, &self.books, &code.into()).await
    }
}

#[async_trait]
impl<C: Context> Queues for TableQueues<C> {
    async fn overview(&self) -> Result<BTreeMap<String, QueueOverview>, DbError> {
        let mut counts = jobs::counts_by_queue(self.db.read()).await?;
        let paused = jobs::paused_queues(self.db.read()).await?;
        for (queue, _) in self.registry.queues() {
            counts.entry(queue.to_owned()).or_default();
        }
        let overview = |(queue, counts)| {
            let is_paused = paused.contains(&queue);
            (queue, QueueOverview { counts, is_paused })
        };
        Ok(counts.into_iter().map(overview).collect())
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Job>, QueuesError> {
        if let Some(queue) = &filter.queue {
            self.check_queue(queue).await?;
        }
        Ok(jobs::list(self.db.read(), filter).await?)
    }

    async fn find(&self, id: &str) -> Result<JobDetails, QueuesError> {
        let conn = self.db.read();
        Ok(JobDetails {
            job: self.job(id).await?,
            attempts: jobs::attempts_of(conn, id).await?,
            log: jobs::logs_of(conn, id, 0, LOG_LINES).await?,
            children: jobs::children_of(conn, id).await?,
        })
    }

    async fn log(&self, id: &str, after: i64, limit: u64) -> Result<Vec<LogLine>, QueuesError> {
        self.job(id).await?;
        Ok(jobs::logs_of(self.db.read(), id, after, limit).await?)
    }

    async fn retry(&self, id: &str) -> Result<(), QueuesError> {
        let tx = self.db.begin().await?;
        let Some(job) = jobs::retry(&tx, id, self.clock.now_ms()).await? else {
            drop(tx);
            return Err(self.wrong_state(id, "failed", "tried again").await);
        };
        self.registry.retried(&job, &tx, &self.books).await?;
        Ok(tx.commit().await?)
    }

    async fn retry_all(&self, queue: &str, text: Option<&str>) -> Result<u64, QueuesError> {
        let mut filter = Filter {
            queue: Some(queue.to_owned()),
            states: vec![JobState::Failed],
            text: text.map(str::to_owned),
            offset: 0,
            limit: SLICE,
        };
        // A job that fails again while this goes on is not tried a third time.
        let mut tried = BTreeSet::new();
        let mut retried = 0;
        loop {
            let failed = self.list(&filter).await?;
            if failed.is_empty() {
                return Ok(retried);
            }
            let tx = self.db.begin().await?;
            for job in failed {
                if !tried.insert(job.id.clone()) {
                    filter.offset += 1;
                } else if let Some(job) = jobs::retry(&tx, &job.id, self.clock.now_ms()).await? {
                    self.registry.retried(&job, &tx, &self.books).await?;
                    retried += 1;
                }
            }
            tx.commit().await?;
        }
    }

    async fn promote(&self, id: &str) -> Result<(), QueuesError> {
        let tx = self.db.begin().await?;
        if !jobs::promote(&tx, id, self.clock.now_ms()).await? {
            drop(tx);
            return Err(self.wrong_state(id, "delayed", "promoted").await);
        }
        Ok(tx.commit().await?)
    }

    async fn cancel(&self, id: &str) -> Result<(), QueuesError> {
        let job = self.job(id).await?;
        if job.state.is_finished() {
            return Err(QueuesError::WrongState {
                id: id.to_owned(),
                state: job.state,
                wanted: "waiting, delayed or active",
                done: "cancelled",
            });
        }
        let tx = self.db.begin().await?;
        self.cancel_in(&tx, id).await?;
        Ok(tx.commit().await?)
    }

    async fn remove(&self, id: &str) -> Result<(), QueuesError> {
        let job = self.job(id).await?;
        let tx = self.db.begin().await?;
        if !job.state.is_finished() && job.state != JobState::Active {
            self.cancel_in(&tx, id).await?;
        }
        if !jobs::remove_idle(&tx, id, self.clock.now_ms()).await? {
            drop(tx);
            return Err(self.wrong_state(id, "not active", "removed").await);
        }
        Ok(tx.commit().await?)
    }

    async fn pause(&self, queue: &str) -> Result<(), QueuesError> {
        self.check_queue(queue).await?;
        let tx = self.db.begin().await?;
        jobs::pause(&tx, queue).await?;
        Ok(tx.commit().await?)
    }

    async fn resume(&self, queue: &str) -> Result<(), QueuesError> {
        self.check_queue(queue).await?;
        let tx = self.db.begin().await?;
        jobs::resume(&tx, queue).await?;
        Ok(tx.commit().await?)
    }

    async fn clear(&self, queue: &str, state: JobState, ended_before: i64) -> Result<u64, QueuesError> {
        self.check_queue(queue).await?;
        let mut cleared = 0;
        loop {
            let tx = self.db.begin().await?;
            let slice = jobs::clear_finished(&tx, queue, state, ended_before, SLICE).await?;
            tx.commit().await?;
            cleared += slice;
            if slice < SLICE {
                return Ok(cleared);
            }
        }
    }

    async fn schedules(&self) -> Result<Vec<Schedule>, QueuesError> {
        Ok(telecine_db::schedules::list(self.db.read()).await?)
    }
}
