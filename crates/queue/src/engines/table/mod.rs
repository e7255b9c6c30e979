//! The embedded engine: claims due jobs from the table, runs them, and sleeps until there is something to do.
//!
//! One task dispatches. It wakes when a transaction adds a job or makes one due, when runs end, and when the next job
//! becomes due, a lease runs out or a schedule wants a job. Each turn is one transaction: it writes down every run that
//! has succeeded since the last one and claims jobs for every free place, so that many short jobs share the cost of
//! making a commit durable.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use telecine_db::jobs::{self, Claimant, Completion, Job, Lease};
use telecine_db::{DbError, Tx};
use tokio::runtime::Handle;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::execution::{Execution, LEASE, Outcome};
use crate::job::Context;
use crate::schedule::fire_due;
use crate::worker::Worker;

/// The table is looked at this often at least: for what processes have added that cannot tell this one.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Finished jobs are pruned this often …
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// … or after so many have completed.
const PRUNE_AFTER: usize = 5000;
/// How often other tasks go first before a turn begins.
const GATHER_ROUNDS: usize = 8;
/// The wait after the database failed.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

type Queue = &'static str;

pub(crate) struct Dispatcher<C: Context> {
    worker: Worker<C>,
    /// Free places by queue.
    slots: BTreeMap<Queue, usize>,
    stop_claiming: CancellationToken,
    cancel_runs: CancellationToken,
    runs: JoinSet<Ended>,
    /// The queue whose place each run gives back, however it ends.
    queues: HashMap<Id, Queue>,
    /// Runs that have succeeded and are still to be written down. Each keeps its place until then.
    succeeded: Vec<(Queue, Completion)>,
    completed_since_prune: usize,
    prune_at: Timestamp,
    /// When something becomes due.
    look_at: Timestamp,
}

/// What a run has left: a completion to be written down, or nothing.
type Ended = Option<Completion>;

/// What one transaction has done.
struct Turn {
    claimed: Vec<(Queue, Job)>,
    /// When to look again.
    look_at: Timestamp,
}

impl<C: Context> Dispatcher<C> {
    pub(crate) fn new(
        worker: Worker<C>,
        stop_claiming: CancellationToken,
        cancel_runs: CancellationToken,
    ) -> Self {
        let now = worker.clock.now();
        Self {
            slots: worker.slots(),
            worker,
            stop_claiming,
            cancel_runs,
            runs: JoinSet::new(),
            queues: HashMap::new(),
            succeeded: Vec::new(),
            completed_since_prune: 0,
            prune_at: now,
            look_at: now,
        }
    }

    pub(crate) async fn work(mut self) {
        let mut jobs_added = self.worker.db.signals().jobs();
        if let Err(error) = self.recover_own().await {
            tracing::warn!(%error, "jobs of an earlier run wait until their leases run out");
        }
        while !self.stop_claiming.is_cancelled() {
            jobs_added.mark_unchanged();
            self.prune_if_due().await;
            self.take_turn().await;
            tokio::select! {
                () = self.stop_claiming.cancelled() => {}
                _ = jobs_added.changed() => {}
                Some(ended) = self.runs.join_next_with_id() => self.note_end(ended),
                () = self.worker.clock.sleep_until(self.look_at) => {}
            }
            self.gather_ended().await;
        }
        self.drain().await;
    }

    /// Waits for the runs and writes their ends down.
    async fn drain(&mut self) {
        loop {
            while !self.succeeded.is_empty() {
                self.take_turn().await;
                if !self.succeeded.is_empty() {
                    self.worker.clock.sleep_until(self.look_at).await;
                }
            }
            let Some(ended) = self.runs.join_next_with_id().await else { return };
            self.note_end(ended);
            self.gather_ended().await;
        }
    }

    /// Claims nothing any more once the worker is to stop.
    async fn take_turn(&mut self) {
        match self.turn().await {
            Ok(turn) => {
                self.completed_since_prune += self.succeeded.len();
                for (queue, _) in std::mem::take(&mut self.succeeded) {
                    self.free(queue);
                }
                for (queue, job) in turn.claimed {
                    self.spawn(queue, job);
                }
                self.look_at = turn.look_at;
            }
            Err(error) => {
                tracing::warn!(%error, "the jobs table cannot be used, will try again");
                self.look_at = self.worker.clock.now() + DATABASE_RETRY;
            }
        }
    }

    async fn turn(&self) -> Result<Turn, DbError> {
        let now = self.worker.clock.now();
        let claimant = Claimant {
            worker: &self.worker.name,
            now: now.as_millisecond(),
            lease_until: (now + LEASE).as_millisecond(),
        };
        let tx = self.worker.db.begin().await?;
        let mut ended: Vec<Completion> =
            self.succeeded.iter().map(|(_, completion)| completion.clone()).collect();
        // Where a limit holds, a run that has ended makes room for other workers too.
        if self.succeeded.iter().any(|(queue, _)| self.worker.config.limits(queue).is_some()) {
            jobs::wake_workers(&tx);
        }
        let is_stopping = self.stop_claiming.is_cancelled();
        let free = if is_stopping { BTreeMap::new() } else { self.free_places() };
        let is_due = now >= self.look_at && !is_stopping;
        // Who looks at all jobs has to see first which ones have ended.
        if is_due || self.has_limits() {
            let held = jobs::complete_many(&tx, &ended, claimant.now).await?;
            note_lost(&ended, &held);
            ended.clear();
        }
        if is_due {
            self.look_after(&tx, claimant.now).await?;
        }
        let mut look_at = now + LOOK_AGAIN;
        let mut wanted = Vec::with_capacity(free.len());
        for (queue, free) in free.iter().filter(|(_, free)| **free > 0) {
            let (count, again) = self.admit(&tx, queue, *free, claimant.now).await?;
            look_at = again.map_or(look_at, |again| look_at.min(again));
            if count > 0 {
                wanted.push((*queue, count));
            }
        }
        let turn = jobs::turn(&tx, &ended, &wanted, claimant).await?;
        note_lost(&ended, &turn.held);
        tx.commit().await?;
        let taken: usize = turn.claimed.iter().map(Vec::len).sum();
        // With every place taken, the next look is when one becomes free.
        if taken < free.values().sum()
            && let Some(due) = turn.next_due
        {
            let due = Timestamp::from_millisecond(due).unwrap_or(look_at);
            look_at = look_at.min(due.max(now));
        }
        let claimed = wanted.iter().zip(turn.claimed);
        let claimed = claimed.flat_map(|((queue, _), jobs)| jobs.into_iter().map(|job| (*queue, job)));
        Ok(Turn { claimed: claimed.collect(), look_at })
    }

    fn has_limits(&self) -> bool {
        self.slots.keys().any(|queue| self.worker.config.limits(queue).is_some())
    }

    /// Makes due what has become due, and takes over what dead workers left.
    async fn look_after(&self, tx: &Tx, now: i64) -> Result<(), DbError> {
        jobs::promote_due(tx, now).await?;
        let recovered = jobs::recover_expired(tx, now).await?;
        if recovered > 0 {
            tracing::warn!(jobs = recovered, "took over the jobs of a worker that disappeared");
        }
        fire_due(tx, &*self.worker.clock).await?;
        Ok(())
    }

    /// The places that are free once the runs that have succeeded are written down.
    fn free_places(&self) -> BTreeMap<Queue, usize> {
        let mut free = self.slots.clone();
        for (queue, _) in &self.succeeded {
            *free.entry(queue).or_default() += 1;
        }
        free
    }

    /// How many of the free places the queue's limits allow to be filled now, and when to ask again.
    async fn admit(
        &self,
        tx: &Tx,
        queue: Queue,
        free: usize,
        now: i64,
    ) -> Result<(usize, Option<Timestamp>), DbError> {
        let Some(limits) = self.worker.config.limits(queue) else { return Ok((free, None)) };
        let (count, again) = jobs::admit(tx, queue, free, &limits, now).await?;
        Ok((count, again.and_then(|again| Timestamp::from_millisecond(again).ok())))
    }

    /// What an earlier process of this name held is free at once: it is dead, or we would not have its name.
    async fn recover_own(&self) -> Result<(), DbError> {
        let tx = self.worker.db.begin().await?;
        let recovered = jobs::recover_of_worker(&tx, &self.worker.name, self.worker.clock.now_ms()).await?;
        tx.commit().await?;
        if recovered > 0 {
            tracing::warn!(jobs = recovered, "takes up the jobs that this worker was killed with");
        }
        Ok(())
    }

    fn spawn(&mut self, queue: Queue, job: Job) {
        if let Some(free) = self.slots.get_mut(queue) {
            *free = free.saturating_sub(1);
        }
        let execution = Execution {
            db: self.worker.db.clone(),
            clock: self.worker.clock.clone(),
            context: self.worker.context.clone(),
            registry: Arc::clone(&self.worker.registry),
            cancel: self.cancel_runs.child_token(),
            mirror: None,
            claim: None,
            runtime: Handle::current(),
            job,
        };
        let run = self.runs.spawn(async move {
            match execution.execute().await {
                Outcome::Succeeded(succeeded) => Some(execution.completion(succeeded)),
                _ => None,
            }
        });
        self.queues.insert(run.id(), queue);
    }

    /// Lets runs that are about to end do so: they share a turn, and the cost of its commit.
    async fn gather_ended(&mut self) {
        for _ in 0..GATHER_ROUNDS {
            while let Some(ended) = self.runs.try_join_next_with_id() {
                self.note_end(ended);
            }
            if self.runs.is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    fn note_end(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let (run, completion) = ended.unwrap_or_else(|error| {
            // Jobs run in a task of their own inside the execution: this is a defect of the execution itself.
            tracing::error!(%error, "a job's execution ended in a panic");
            (error.id(), None)
        });
        let Some(queue) = self.queues.remove(&run) else { return };
        match completion {
            Some(completion) => self.succeeded.push((queue, completion)),
            None => self.free(queue),
        }
    }

    fn free(&mut self, queue: Queue) {
        *self.slots.entry(queue).or_default() += 1;
    }

    async fn prune_if_due(&mut self) {
        let now = self.worker.clock.now();
        if now < self.prune_at && self.completed_since_prune < PRUNE_AFTER {
            return;
        }
        (self.prune_at, self.completed_since_prune) = (now + PRUNE_EVERY, 0);
        let pruned = async {
            let tx = self.worker.db.begin().await?;
            let pruned = jobs::prune(&tx, now.as_millisecond()).await?;
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

fn note_lost(ended: &[Completion], held: &BTreeSet<Lease>) {
    for lost in ended.iter().filter(|completion| !held.contains(&completion.lease)) {
        tracing::warn!(job.id = %lost.lease.job_id, "succeeded, but another worker has the job");
    }
}
