//! Hands committed rows to Redis.
//!
//! The row comes first: whatever dies between the commit and the handing over, the row still waits to be relayed. A job
//! is added under the row's id, so handing it over twice changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bullmq::redis_connection::RedisConnection;
use bullmq::types::{BackoffStrategy, RetryOptions};
use bullmq::{BulkJob, JobOptions, Queue};
use telecine_db::jobs::{self, BackoffKind, Handover, Job};
use telecine_db::{Db, DbError};
use telecine_model::{Clock, JobState};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::config::BullMqConfig;
use super::retention;

/// A job of ours is known as such in Redis for a day from its time on, far longer than a dead worker's job is on its way …
const OURS_KNOWN_MS: i64 = 24 * 3600 * 1000;
/// … and so many of a queue at most.
const OURS_KNOWN: i64 = 100_000;
/// Rows of one pass.
const BATCH: u64 = 1000;
/// What Redis has is written down at the latest after this time …
const MARK_AFTER: Duration = Duration::from_millis(100);
/// … or after so many rows.
const MARK_AT: usize = 500;
/// Without a signal, rows of other processes are found within this time.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The wait after Redis or the database failed.
const RETRY: Duration = Duration::from_secs(1);

/// Why rows could not be handed over.
#[derive(Debug, thiserror::Error)]
pub(super) enum RelayError {
    #[error("{0}")]
    Database(#[from] DbError),
    #[error("{0}")]
    Redis(#[from] bullmq::Error),
}

/// Hands over what is committed, for as long as it runs.
pub(super) struct Relay {
    db: Db,
    clock: Arc<dyn Clock>,
    config: BullMqConfig,
    connection: RedisConnection,
    queues: HashMap<String, Queue>,
    /// The queues that jobs were handed to: whoever ends them there is to be listened to.
    used: watch::Sender<BTreeSet<String>>,
    /// Rows, as they were, that Redis has since the last time this was written down.
    handed: HashSet<Handover>,
}

impl Relay {
    pub(super) fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        config: BullMqConfig,
        connection: RedisConnection,
        used: watch::Sender<BTreeSet<String>>,
    ) -> Self {
        Self { db, clock, config, connection, queues: HashMap::new(), used, handed: HashSet::new() }
    }

    /// Works until it is stopped.
    pub(super) async fn work(mut self, stop: CancellationToken) {
        let mut jobs_added = self.db.signals().jobs();
        let mut is_failing = false;
        while !stop.is_cancelled() {
            jobs_added.mark_unchanged();
            let passed = self.pass().await;
            if let (Err(error), false) = (&passed, is_failing) {
                tracing::warn!(%error, "jobs cannot be handed to Redis, they wait in the database");
            }
            is_failing = passed.is_err();
            let wait = match is_failing {
                true => RETRY,
                false if self.handed.is_empty() => LOOK_AGAIN,
                false => MARK_AFTER,
            };
            let wake_at = self.clock.now() + wait;
            tokio::select! {
                () = stop.cancelled() => {}
                _ = jobs_added.changed(), if !is_failing => {}
                () = self.clock.sleep_until(wake_at) => if let Err(error) = self.mark().await {
                    tracing::debug!(%error, "jobs that Redis has could not be marked, they are handed over again");
                }
            }
        }
        if let Err(error) = self.mark().await {
            tracing::debug!(%error, "jobs that Redis has could not be marked, they are handed over again");
        }
    }

    /// Hands over everything that waits for it.
    async fn pass(&mut self) -> Result<(), RelayError> {
        let mut busy = HashSet::new();
        loop {
            if self.handed.len() >= MARK_AT {
                self.mark().await?;
            }
            let rows = jobs::unrelayed(self.db.read(), BATCH).await?;
            let mut by_queue: BTreeMap<String, Vec<Job>> = BTreeMap::new();
            for row in rows.into_iter().filter(|row| !busy.contains(&row.id)) {
                if !self.handed.contains(&Handover::from(&row)) {
                    by_queue.entry(row.queue.clone()).or_default().push(row);
                }
            }
            if by_queue.is_empty() {
                return Ok(());
            }
            for (queue, rows) in by_queue {
                let still_there = self.hand_over(&queue, &rows).await?;
                let handed = rows.iter().filter(|row| !still_there.contains(&row.id));
                self.handed.extend(handed.map(Handover::from));
                busy.extend(still_there);
            }
        }
    }

    /// Writes down what Redis has. This comes a little later: a claim does the same, and must not wait for it.
    async fn mark(&mut self) -> Result<(), RelayError> {
        if self.handed.is_empty() {
            return Ok(());
        }
        let handed: Vec<Handover> = self.handed.iter().cloned().collect();
        let tx = self.db.begin().await?;
        jobs::mark_relayed(&tx, &handed, self.clock.now_ms()).await?;
        tx.commit().await?;
        self.handed.clear();
        Ok(())
    }

    /// Returns the ids of rows whose jobs Redis still counts as running: they are on their way to where they can be woken.
    async fn hand_over(&mut self, queue: &str, rows: &[Job]) -> Result<Vec<String>, RelayError> {
        let queue = self.queue(queue).await?;
        self.used.send_if_modified(|used| used.insert(queue.name().to_owned()));
        let ids: Vec<String> = rows.iter().map(outside_id).collect();
        let mut pipe = redis::pipe();
        let (ours, now) = (self.config.relayed_key(queue.name()), self.clock.now_ms());
        pipe.cmd("ZADD").arg(&ours);
        for (row, id) in rows.iter().zip(&ids) {
            pipe.arg(row.run_at.max(now)).arg(id);
        }
        pipe.ignore();
        pipe.cmd("ZREMRANGEBYSCORE").arg(&ours).arg("-inf").arg(now - OURS_KNOWN_MS).ignore();
        pipe.cmd("ZREMRANGEBYRANK").arg(&ours).arg(0).arg(-1 - OURS_KNOWN).ignore();
        for id in &ids {
            pipe.cmd("EXISTS").arg(queue.keys().job_key(id));
        }
        let exists: Vec<bool> = self.connection.pipe(&pipe).await?;
        let (mut fresh, mut busy) = (Fresh::default(), Vec::new());
        for ((row, id), exists) in rows.iter().zip(&ids).zip(exists) {
            match if exists { self.wake(&queue, row, id, now).await? } else { Woken::Gone } {
                Woken::Moved => continue,
                Woken::Busy => {
                    busy.push(row.id.clone());
                    continue;
                }
                Woken::Gone => {}
            }
            let id = match &row.foreign_id {
                Some(foreign_id) => self.rename(row, foreign_id).await?,
                None => id.clone(),
            };
            fresh.push(row, id, now);
        }
        queue.add_bulk(fresh.ahead).await?;
        queue.add_bulk(fresh.rest).await?;
        Ok(busy)
    }

    /// Brings a job that Redis still has to where its row is: it was retried, promoted or put back here.
    async fn wake(&self, queue: &Queue, row: &Job, id: &str, now: i64) -> Result<Woken, RelayError> {
        let Some(mut job) = queue.get_job(id).await? else { return Ok(Woken::Gone) };
        let is_due = row.state == JobState::Waiting || row.run_at <= now;
        let options = RetryOptions { reset_attempts_made: row.attempts_made == 0, ..RetryOptions::default() };
        for state in ["failed", "completed", "delayed"] {
            let mut command = redis::cmd("ZSCORE");
            command.arg(queue.keys().get(state)).arg(id);
            let score: Option<f64> = self.connection.cmd(&mut command).await?;
            if score.is_none() {
                continue;
            }
            match state {
                "delayed" if is_due => job.promote().await?,
                "delayed" => job.change_delay(wait_ms(row, now)).await?,
                _ if is_due => job.retry(state, Some(options)).await?,
                // It ran once and is to run again later: only a new job can be delayed.
                _ => {
                    queue.remove(id).await?;
                    return Ok(Woken::Gone);
                }
            }
            return Ok(Woken::Moved);
        }
        let is_running = queue.get_job_state(id).await? == bullmq::JobState::Active;
        Ok(if is_running { Woken::Busy } else { Woken::Moved })
    }

    /// The id under which a lost job of another program is added again; its row says so first.
    async fn rename(&self, row: &Job, foreign_id: &str) -> Result<String, RelayError> {
        if foreign_id.starts_with(RESTORED) {
            return Ok(foreign_id.to_owned());
        }
        // After the row, whose id is unique; `foreign_row_id` finds back.
        let name = row.id.strip_prefix(&format!("{}:", row.queue)).unwrap_or(foreign_id);
        let id = format!("{RESTORED}{name}");
        let tx = self.db.begin().await?;
        jobs::set_foreign_id(&tx, &row.id, &id).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn queue(&mut self, name: &str) -> Result<Queue, RelayError> {
        if let Some(queue) = self.queues.get(name) {
            return Ok(queue.clone());
        }
        let queue = Queue::with_connection(name, self.connection.clone(), self.config.queue()).await?;
        self.queues.insert(name.to_owned(), queue.clone());
        Ok(queue)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Woken {
    Moved,
    /// It still counts as running.
    Busy,
    Gone,
}

/// The id of a row's job in Redis.
fn outside_id(row: &Job) -> String {
    row.foreign_id.clone().unwrap_or_else(|| row.id.clone())
}

/// The word before the ids that other programs gave to jobs that Redis has lost: a number cannot be asked for.
pub(super) const RESTORED: &str = "restored-";

/// Jobs that Redis does not have yet. The library names its script, and sends it when Redis does not know it: of jobs that
/// are sent together the first would then come behind those that were answered later. So the first of each script goes ahead.
#[derive(Default)]
struct Fresh {
    ahead: Vec<BulkJob>,
    rest: Vec<BulkJob>,
    /// By whether a job is delayed, and whether it is prioritised.
    scripts: HashSet<(bool, bool)>,
}

impl Fresh {
    fn push(&mut self, row: &Job, id: String, now: i64) {
        let data: serde_json::Value = serde_json::from_str(&row.data).unwrap_or_default();
        let options = options(row, id, now);
        let is_first = self.scripts.insert((options.delay.is_some(), options.priority.is_some()));
        let jobs = if is_first { &mut self.ahead } else { &mut self.rest };
        jobs.push(BulkJob::with_options(&row.name, data, options));
    }
}

/// The row decides about attempts; Redis has the numbers for dashboards.
fn options(row: &Job, id: String, now: i64) -> JobOptions {
    let base_ms = u64::try_from(row.backoff.base_ms).unwrap_or(0);
    JobOptions {
        job_id: Some(id),
        delay: Some(wait_ms(row, now)).filter(|wait| *wait > 0),
        priority: u32::try_from(row.priority).ok().filter(|priority| *priority > 0),
        attempts: u32::try_from(row.max_attempts).ok(),
        backoff: (base_ms > 0).then_some(match row.backoff.kind {
            BackoffKind::Fixed => BackoffStrategy::Fixed(base_ms),
            BackoffKind::Exponential => BackoffStrategy::Exponential(base_ms),
        }),
        remove_on_complete: Some(retention::completed()),
        remove_on_fail: Some(retention::failed()),
        ..JobOptions::default()
    }
}

fn wait_ms(row: &Job, now: i64) -> u64 {
    if row.state == JobState::Delayed { u64::try_from(row.run_at - now).unwrap_or(0) } else { 0 }
}
