//! What people do with queues that BullMQ hands out. The rows are the truth; jobs of other programs that nobody has
//! claimed yet exist in Redis only, and are shown and moved there.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bullmq::redis_connection::RedisConnection;
use bullmq::{Error, Queue};
use telecine_db::jobs::{self, Counts, Filter, Job, LogLine};
use telecine_db::schedules::Schedule;
use telecine_db::{Db, DbError};
use telecine_model::{Clock, JobState};
use tokio::sync::OnceCell;

use super::config::BullMqConfig;
use super::connection::connect;
use super::foreign::foreign_job;
use crate::job::Context;
use crate::queues::{JobDetails, QueueOverview, Queues, QueuesError, TableQueues};

/// Jobs that only Redis has are shown up to this many of each state.
const FOREIGN_SHOWN: i64 = 1000;
/// Jobs of one step when many are removed: a longer one would keep Redis from everybody else.
const SLICE: u32 = 1000;

/// The queues of the engine on BullMQ.
pub struct BullMqQueues<C: Context> {
    table: TableQueues<C>,
    db: Db,
    clock: Arc<dyn Clock>,
    config: BullMqConfig,
    connection: OnceCell<RedisConnection>,
}

impl<C: Context> BullMqQueues<C> {
    /// The queues of `table` and of this Redis. It is connected to when it is first needed.
    #[must_use]
    pub fn new(table: TableQueues<C>, db: Db, clock: Arc<dyn Clock>, config: BullMqConfig) -> Self {
        db.keep_outbox();
        Self { table, db, clock, config, connection: OnceCell::new() }
    }

    async fn connection(&self) -> Result<&RedisConnection, QueuesError> {
        self.connection
            .get_or_try_init(async || connect(&self.config.connection()).await)
            .await
            .map_err(failed)
    }

    async fn queue(&self, name: &str) -> Result<Queue, QueuesError> {
        let connection = self.connection().await?.clone();
        Queue::with_connection(name, connection, self.config.queue()).await.map_err(failed)
    }

    /// The queue and the id of a job that only Redis has.
    async fn foreign(&self, id: &str) -> Result<(Queue, bullmq::Job), QueuesError> {
        let unknown = || QueuesError::NoSuchJob(id.to_owned());
        let (queue, job_id) = id.split_once(':').ok_or_else(unknown)?;
        let queue = self.queue(queue).await?;
        let job = queue.get_job(job_id).await.map_err(failed)?.ok_or_else(unknown)?;
        Ok((queue, job))
    }

    /// Takes the copy of a row that is gone or has ended out of Redis; a running one stays until its worker ends it.
    async fn remove_copy(&self, row: &Job) -> Result<(), QueuesError> {
        let queue = self.queue(&row.queue).await?;
        let id = row.foreign_id.as_deref().unwrap_or(&row.id);
        queue.remove(id).await.map_err(failed)?;
        Ok(())
    }

    /// The jobs in this state that have no row.
    async fn only_in_redis(&self, name: &str, state: JobState) -> Result<Vec<Job>, QueuesError> {
        let queue = self.queue(name).await?;
        let found = match state {
            JobState::Waiting => {
                let mut waiting = queue.get_waiting(0, FOREIGN_SHOWN).await.map_err(failed)?;
                waiting.extend(queue.get_prioritized(0, FOREIGN_SHOWN).await.map_err(failed)?);
                waiting
            }
            JobState::Delayed => queue.get_delayed(0, FOREIGN_SHOWN).await.map_err(failed)?,
            JobState::WaitingChildren => {
                queue.get_waiting_children(0, FOREIGN_SHOWN).await.map_err(failed)?
            }
            JobState::Completed => queue.get_completed(0, FOREIGN_SHOWN).await.map_err(failed)?,
            JobState::Failed => queue.get_failed(0, FOREIGN_SHOWN).await.map_err(failed)?,
            // A row is made at the claim.
            JobState::Active => Vec::new(),
        };
        let jobs: Vec<Job> = found.iter().map(|job| foreign_job(name, job, state)).collect();
        let ids: Vec<String> =
            jobs.iter().flat_map(|job| [Some(job.id.clone()), job.foreign_id.clone()]).flatten().collect();
        let rows: HashSet<String> =
            jobs::find_many(self.db.read(), &ids).await?.into_iter().map(|row| row.id).collect();
        let has_row =
            |job: &Job| rows.contains(&job.id) || job.foreign_id.as_ref().is_some_and(|id| rows.contains(id));
        Ok(jobs.into_iter().filter(|job| !has_row(job)).collect())
    }

    /// Redis counts what waits, with the jobs of others; what has ended is counted where more of it is kept.
    async fn counts(&self, name: &str, table: Counts) -> Result<Counts, QueuesError> {
        let redis = self.queue(name).await?.get_job_counts().await.map_err(failed)?;
        Ok(Counts {
            waiting: table.waiting.max(redis.waiting + redis.prioritized + redis.paused),
            active: table.active.max(redis.active),
            completed: table.completed.max(redis.completed),
            failed: table.failed.max(redis.failed),
            delayed: table.delayed.max(redis.delayed),
            waiting_children: table.waiting_children.max(redis.waiting_children),
        })
    }
}

#[async_trait]
impl<C: Context> Queues for BullMqQueues<C> {
    async fn overview(&self) -> Result<BTreeMap<String, QueueOverview>, DbError> {
        let mut overview = self.table.overview().await?;
        let counting = overview.iter().map(|(name, queue)| self.counts(name, queue.counts));
        let counted = futures::future::join_all(counting).await;
        for (queue, counts) in overview.values_mut().zip(counted) {
            match counts {
                Ok(counts) => queue.counts = counts,
                Err(error) => tracing::debug!(%error, "Redis does not count its jobs; only rows are shown"),
            }
        }
        Ok(overview)
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Job>, QueuesError> {
        let mut listed = self.table.list(filter).await?;
        let (Some(queue), None) = (&filter.queue, &filter.text) else { return Ok(listed) };
        // Jobs without rows come after those with: they are shown on the last page.
        let room = usize::try_from(filter.limit).unwrap_or(usize::MAX).saturating_sub(listed.len());
        if room == 0 || (listed.is_empty() && filter.offset > 0) {
            return Ok(listed);
        }
        let states = if filter.states.is_empty() { JobState::ALL.to_vec() } else { filter.states.clone() };
        let mut foreign = Vec::new();
        for state in states {
            match self.only_in_redis(queue, state).await {
                Ok(jobs) => foreign.extend(jobs),
                Err(error) => {
                    tracing::debug!(%error, "Redis does not list its jobs; only rows are shown");
                    break;
                }
            }
        }
        listed.extend(foreign.into_iter().take(room));
        Ok(listed)
    }

    async fn find(&self, id: &str) -> Result<JobDetails, QueuesError> {
        match self.table.find(id).await {
            Err(QueuesError::NoSuchJob(_)) => {}
            found => return found,
        }
        let (queue, job) = self.foreign(id).await?;
        let state = job.get_state().await.map_err(failed)?;
        let state = state.as_str().parse().unwrap_or(JobState::Waiting);
        let (lines, _) = queue.get_job_logs(job.id(), 0, -1, true).await.map_err(failed)?;
        let line = |(number, line)| LogLine { number, at: 0, line };
        Ok(JobDetails {
            job: foreign_job(queue.name(), &job, state),
            attempts: Vec::new(),
            log: (1..).zip(lines).map(line).collect(),
            children: Vec::new(),
        })
    }

    async fn log(&self, id: &str, after: i64, limit: u64) -> Result<Vec<LogLine>, QueuesError> {
        match self.table.log(id, after, limit).await {
            Err(QueuesError::NoSuchJob(_)) => {}
            found => return found,
        }
        let lines = self.find(id).await?.log.into_iter().filter(|line| line.number > after);
        Ok(lines.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    async fn retry(&self, id: &str) -> Result<(), QueuesError> {
        match self.table.retry(id).await {
            Err(QueuesError::NoSuchJob(_)) => {}
            retried => return retried,
        }
        let (_, mut job) = self.foreign(id).await?;
        job.retry("failed", None).await.map_err(failed)
    }

    async fn retry_all(&self, queue: &str, text: Option<&str>) -> Result<u64, QueuesError> {
        let retried = self.table.retry_all(queue, text).await?;
        let mut foreign = 0;
        if text.is_none() {
            for job in self.only_in_redis(queue, JobState::Failed).await? {
                let (_, mut job) = self.foreign(&job.id).await?;
                job.retry("failed", None).await.map_err(failed)?;
                foreign += 1;
            }
        }
        Ok(retried + foreign)
    }

    async fn promote(&self, id: &str) -> Result<(), QueuesError> {
        match self.table.promote(id).await {
            Err(QueuesError::NoSuchJob(_)) => {}
            promoted => return promoted,
        }
        self.foreign(id).await?.1.promote().await.map_err(failed)
    }

    async fn cancel(&self, id: &str) -> Result<(), QueuesError> {
        match self.table.cancel(id).await {
            Err(QueuesError::NoSuchJob(_)) => {
                let (queue, job) = self.foreign(id).await?;
                return queue.remove(job.id()).await.map(|_| ()).map_err(failed);
            }
            cancelled => cancelled?,
        }
        if let Some(row) = jobs::find(self.db.read(), id).await?.filter(|row| row.state == JobState::Failed) {
            self.remove_copy(&row).await?;
        }
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), QueuesError> {
        let row = jobs::find(self.db.read(), id).await?;
        match row {
            Some(row) => {
                self.table.remove(id).await?;
                self.remove_copy(&row).await
            }
            None => {
                let (queue, job) = self.foreign(id).await?;
                queue.remove(job.id()).await.map(|_| ()).map_err(failed)
            }
        }
    }

    async fn pause(&self, queue: &str) -> Result<(), QueuesError> {
        self.table.pause(queue).await?;
        self.queue(queue).await?.pause().await.map_err(failed)
    }

    async fn resume(&self, queue: &str) -> Result<(), QueuesError> {
        self.table.resume(queue).await?;
        self.queue(queue).await?.resume().await.map_err(failed)
    }

    async fn clear(&self, queue: &str, state: JobState, ended_before: i64) -> Result<u64, QueuesError> {
        let rows = self.table.clear(queue, state, ended_before).await?;
        if !state.is_finished() {
            return Ok(rows);
        }
        let grace = u64::try_from(self.clock.now_ms() - ended_before).unwrap_or(0);
        let (queue, mut copies) = (self.queue(queue).await?, 0);
        loop {
            let cleaned = queue.clean(grace, SLICE, state.as_str()).await.map_err(failed)?.len();
            copies += cleaned as u64;
            if cleaned < SLICE as usize {
                return Ok(rows.max(copies));
            }
        }
    }

    async fn schedules(&self) -> Result<Vec<Schedule>, QueuesError> {
        self.table.schedules().await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: Error) -> QueuesError {
    QueuesError::Redis(error.to_string())
}
