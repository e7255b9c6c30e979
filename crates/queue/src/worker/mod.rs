//! The embedded engine: claims due jobs from the table, runs them, and sleeps until there is something to do.
//!
//! One task dispatches. It wakes when a transaction of this process adds a job, when a run ends, when the next job
//! becomes due or a lease runs out, and every [`LOOK_AGAIN`] for what other processes have added.

mod execute;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use telecine_db::jobs::{self, Job};
use telecine_db::{Db, DbError};
use telecine_model::Clock;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::config::QueueConfig;
use crate::handler::Registry;
use execute::Execution;

/// A claim lasts this long without a heartbeat; a killed worker's job is taken over after it.
const LEASE: Duration = Duration::from_secs(15);
/// Jobs added by other processes are found within this time.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Finished jobs are pruned this often.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// The wait after the database failed.
const DATABASE_RETRY: Duration = Duration::from_secs(2);

/// Runs jobs until it is told to stop.
pub struct Worker<C> {
    name: String,
    db: Db,
    clock: Arc<dyn Clock>,
    context: Arc<C>,
    registry: Registry<C>,
    config: QueueConfig,
}

/// A running worker. Dropping it without [`shutdown`](WorkerHandle::shutdown) cancels the runs.
pub struct WorkerHandle {
    stop_claiming: CancellationToken,
    cancel_runs: CancellationToken,
    dispatcher: tokio::task::JoinHandle<()>,
    grace: Duration,
}

impl<C: Send + Sync + 'static> Worker<C> {
    /// A worker called `name` in the table, for the kinds in `registry`. No two live workers may share a name: what
    /// another one of this name holds is taken over at the start.
    pub fn new(
        name: String,
        db: Db,
        clock: Arc<dyn Clock>,
        context: Arc<C>,
        registry: Registry<C>,
        config: QueueConfig,
    ) -> Self {
        Self { name, db, clock, context, registry, config }
    }

    /// Starts claiming and running jobs.
    #[must_use]
    pub fn start(self) -> WorkerHandle {
        let (stop_claiming, cancel_runs) = (CancellationToken::new(), CancellationToken::new());
        let grace = self.config.shutdown_grace();
        let dispatcher = Dispatcher {
            slots: self.slots(),
            worker: self,
            stop_claiming: stop_claiming.clone(),
            cancel_runs: cancel_runs.clone(),
            runs: JoinSet::new(),
            queues: HashMap::new(),
        };
        WorkerHandle { stop_claiming, cancel_runs, dispatcher: tokio::spawn(dispatcher.work()), grace }
    }

    fn slots(&self) -> BTreeMap<&'static str, usize> {
        let configured = |queue: &str| self.config.concurrency.get(queue).copied();
        self.registry.queues().map(|(queue, default)| (queue, configured(queue).unwrap_or(default))).collect()
    }
}

impl WorkerHandle {
    /// Returns when the worker has ended, which without [`shutdown`](WorkerHandle::shutdown) only a defect makes it do.
    pub async fn ended(&mut self) {
        if !self.dispatcher.is_finished() {
            let _ = (&mut self.dispatcher).await;
        }
    }

    /// Stops claiming, lets running jobs end within the grace period, hands the others back, and returns when no run
    /// is left.
    pub async fn shutdown(mut self) {
        self.stop_claiming.cancel();
        let grace = self.grace;
        if tokio::time::timeout(grace, self.ended()).await.is_ok() {
            return;
        }
        tracing::info!("the grace period is over: running jobs are handed back");
        self.cancel_runs.cancel();
        self.ended().await;
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.stop_claiming.cancel();
        self.cancel_runs.cancel();
    }
}

struct Dispatcher<C> {
    worker: Worker<C>,
    /// Free places by queue.
    slots: BTreeMap<&'static str, usize>,
    stop_claiming: CancellationToken,
    cancel_runs: CancellationToken,
    runs: JoinSet<()>,
    /// The queue whose place each run gives back, however it ends.
    queues: HashMap<Id, &'static str>,
}

impl<C: Send + Sync + 'static> Dispatcher<C> {
    async fn work(mut self) {
        let mut jobs_added = self.worker.db.jobs_added();
        let mut prune_at = self.worker.clock.now();
        if let Err(error) = self.recover_own().await {
            tracing::warn!(%error, "jobs of an earlier run wait until their leases run out");
        }
        while !self.stop_claiming.is_cancelled() {
            jobs_added.mark_unchanged();
            let now = self.worker.clock.now();
            if now >= prune_at {
                prune_at = now + PRUNE_EVERY;
                self.prune().await;
            }
            let wake_at = match self.fill_slots().await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    tracing::warn!(%error, "the jobs table cannot be read, will try again");
                    now + DATABASE_RETRY
                }
            };
            tokio::select! {
                () = self.stop_claiming.cancelled() => {}
                _ = jobs_added.changed() => {}
                Some(ended) = self.runs.join_next_with_id() => self.free_slot(ended),
                () = self.worker.clock.sleep_until(wake_at) => {}
            }
        }
        while self.runs.join_next().await.is_some() {}
    }

    /// Takes over what dead workers left, claims until no slot or no job is left, and says when to look again.
    async fn fill_slots(&mut self) -> Result<jiff::Timestamp, DbError> {
        let now = self.worker.clock.now();
        self.recover(now.as_millisecond()).await?;
        let queues: Vec<&'static str> =
            self.slots.iter().filter(|(_, free)| **free > 0).map(|(queue, _)| *queue).collect();
        for queue in queues {
            while self.slots[queue] > 0
                && let Some(job) = self.claim(queue).await?
            {
                self.spawn(queue, job);
            }
        }
        self.next_look(now).await
    }

    /// What an earlier process of this name held is free at once: it is dead, or we would not have its name.
    async fn recover_own(&self) -> Result<(), DbError> {
        let tx = self.worker.db.begin().await?;
        let recovered = jobs::recover_of_worker(&tx, &self.worker.name).await?;
        tx.commit().await?;
        if recovered > 0 {
            tracing::warn!(jobs = recovered, "takes up the jobs that this worker was killed with");
        }
        Ok(())
    }

    async fn recover(&self, now: i64) -> Result<(), DbError> {
        let tx = self.worker.db.begin().await?;
        let recovered = jobs::recover_expired(&tx, now).await?;
        tx.commit().await?;
        if recovered > 0 {
            tracing::warn!(jobs = recovered, "took over the jobs of a worker that disappeared");
        }
        Ok(())
    }

    async fn claim(&self, queue: &'static str) -> Result<Option<Job>, DbError> {
        let now = self.worker.clock.now();
        let tx = self.worker.db.begin().await?;
        let lease_until = (now + LEASE).as_millisecond();
        let job = jobs::claim(&tx, queue, &self.worker.name, now.as_millisecond(), lease_until).await?;
        tx.commit().await?;
        Ok(job)
    }

    /// Only queues with a free slot matter: the others are looked at when a run ends.
    async fn next_look(&self, now: jiff::Timestamp) -> Result<jiff::Timestamp, DbError> {
        let free: Vec<&str> =
            self.slots.iter().filter(|(_, free)| **free > 0).map(|(queue, _)| *queue).collect();
        let due = jobs::next_due(self.worker.db.read(), &free).await?;
        let due = due.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let latest = now + LOOK_AGAIN;
        Ok(due.map_or(latest, |due| due.clamp(now, latest)))
    }

    fn spawn(&mut self, queue: &'static str, job: Job) {
        if let Some(free) = self.slots.get_mut(queue) {
            *free -= 1;
        }
        let execution = Execution {
            db: self.worker.db.clone(),
            clock: self.worker.clock.clone(),
            context: self.worker.context.clone(),
            handler: self.worker.registry.handler(&job.name),
            cancel: self.cancel_runs.child_token(),
            job,
        };
        let run = self.runs.spawn(execution.execute());
        self.queues.insert(run.id(), queue);
    }

    fn free_slot(&mut self, ended: Result<(Id, ()), JoinError>) {
        let run = ended.map_or_else(
            |error| {
                // Jobs run in a task of their own inside the execution: what panicked is what they do in transactions.
                tracing::error!(%error, "a job's execution ended in a panic");
                error.id()
            },
            |(run, ())| run,
        );
        if let Some(queue) = self.queues.remove(&run) {
            *self.slots.entry(queue).or_default() += 1;
        }
    }

    async fn prune(&self) {
        let pruned = async {
            let tx = self.worker.db.begin().await?;
            let pruned = jobs::prune(&tx, self.worker.clock.now_ms()).await?;
            tx.commit().await?;
            Ok::<_, DbError>(pruned)
        };
        match pruned.await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "removed old finished jobs"),
            Err(error) => tracing::warn!(%error, "old finished jobs could not be removed"),
        }
    }
}
