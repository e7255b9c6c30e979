//! Compares rows with Redis and puts right what differs: jobs that Redis has lost are added again, jobs that a worker of
//! another program has ended are marked so.
//!
//! It looks at the start, every minute, and at once when Redis has been wiped, which a missing key tells.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bullmq::keys::QueueKeys;
use bullmq::redis_connection::RedisConnection;
use telecine_db::jobs::{self, EndedOutside, Relayed};
use telecine_db::{Db, DbError};
use telecine_model::{Clock, Failure, FailureCode, JobState};
use tokio_util::sync::CancellationToken;

use super::config::BullMqConfig;
use super::relay::RelayError;

/// Rows and Redis are compared this often.
const EVERY: Duration = Duration::from_secs(60);
/// … and after this time when something has to wait, such as for a lease that still holds, or Redis was wiped …
const SOON: Duration = Duration::from_secs(4);
/// … less than this time ago: jobs may have been on their way then.
const WATCHFUL: Duration = Duration::from_secs(30);
/// The key that a wiped Redis lacks is looked for this often.
const SENTINEL_EVERY: Duration = Duration::from_secs(2);
/// Rows of one step.
const PAGE: u64 = 1000;
/// A job that was handed over so shortly ago may be on its way from one list to another.
const SETTLING: Duration = Duration::from_secs(10);

pub(super) struct Reconciler {
    db: Db,
    clock: Arc<dyn Clock>,
    config: BullMqConfig,
    connection: RedisConnection,
}

/// Whether a comparison has put everything right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    InOrder,
    /// Redis has lost a job that somebody may still be running.
    Waits,
}

/// Where Redis has a job.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Redis does not know it.
    Gone,
    /// It waits or runs.
    Alive,
    /// It has ended.
    Completed,
    Failed,
    /// Its hash is there, but it is in no list: nobody will ever run it.
    Lost,
}

impl Reconciler {
    pub(super) fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        config: BullMqConfig,
        connection: RedisConnection,
    ) -> Self {
        Self { db, clock, config, connection }
    }

    /// Works until it is stopped.
    pub(super) async fn work(self, stop: CancellationToken) {
        let mut compare_at = self.clock.now();
        let mut watchful_until = compare_at;
        while !stop.is_cancelled() {
            let now = self.clock.now();
            // An error is no news: Redis is away, and others say so.
            if self.is_wiped().await.unwrap_or(false) {
                (compare_at, watchful_until) = (now, now + WATCHFUL);
            }
            if now >= compare_at {
                let settling = if now < watchful_until { Duration::ZERO } else { SETTLING };
                compare_at = match self.compare(settling).await {
                    Ok(Found::InOrder) if now >= watchful_until => now + EVERY,
                    Ok(_) => now + SOON,
                    Err(error) => {
                        tracing::debug!(%error, "rows could not be compared with Redis, will try again");
                        now
                    }
                };
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(self.clock.now() + SENTINEL_EVERY) => {}
            }
        }
    }

    async fn is_wiped(&self) -> Result<bool, bullmq::Error> {
        let mut command = redis::cmd("EXISTS");
        command.arg(self.config.sentinel());
        Ok(!self.connection.cmd::<bool>(&mut command).await?)
    }

    async fn compare(&self, settling: Duration) -> Result<Found, RelayError> {
        // Set first: a Redis that is wiped while rows are compared is seen the next time.
        let mut command = redis::cmd("SET");
        command.arg(self.config.sentinel()).arg(self.clock.now_ms());
        self.connection.cmd::<String>(&mut command).await?;
        let mut found = Found::InOrder;
        for queue in jobs::relayed_queues(self.db.read()).await? {
            let mut after = String::new();
            loop {
                let rows = jobs::relayed(self.db.read(), &queue, &after, PAGE).await?;
                let Some(last) = rows.last() else { break };
                after.clone_from(&last.id);
                if self.compare_rows(&queue, rows, settling).await? == Found::Waits {
                    found = Found::Waits;
                }
            }
        }
        Ok(found)
    }

    async fn compare_rows(
        &self,
        queue: &str,
        rows: Vec<Relayed>,
        settling: Duration,
    ) -> Result<Found, RelayError> {
        let now = self.clock.now();
        let settled_before = (now - settling).as_millisecond();
        let keys = self.config.keys(queue);
        let rows: Vec<Relayed> = rows.into_iter().filter(|row| row.relayed_at <= settled_before).collect();
        let places = self.places(&keys, &rows).await?;
        let (mut again, mut expired) = (Vec::new(), Vec::new());
        for (row, place) in rows.into_iter().zip(places) {
            match (place, row.state) {
                (Place::Gone | Place::Lost, JobState::Active) => expired.push(row.id),
                (Place::Gone, _) => again.push(row.id),
                (Place::Lost, _) => {
                    self.forget(&keys, &row).await?;
                    again.push(row.id);
                }
                (Place::Completed, _) => self.end(&keys, &row, true).await?,
                (Place::Failed, _) => self.end(&keys, &row, false).await?,
                (Place::Alive, _) => {}
            }
        }
        self.put_back(queue, &again, &expired).await?;
        Ok(if expired.is_empty() { Found::InOrder } else { Found::Waits })
    }

    async fn put_back(&self, queue: &str, again: &[String], expired: &[String]) -> Result<(), DbError> {
        if again.is_empty() && expired.is_empty() {
            return Ok(());
        }
        let tx = self.db.begin().await?;
        let again = jobs::relay_again(&tx, again).await?;
        let freed = jobs::free_expired(&tx, expired, self.clock.now_ms()).await?;
        tx.commit().await?;
        if again + freed > 0 {
            tracing::warn!(queue, jobs = again + freed, "Redis has lost jobs; they are added again");
        }
        Ok(())
    }

    /// Where each job is. Finished and delayed ones are asked for by name; lists are read as a whole, once.
    async fn places(&self, keys: &QueueKeys, rows: &[Relayed]) -> Result<Vec<Place>, RelayError> {
        let mut pipe = redis::pipe();
        for row in rows {
            let id = row.outside_id();
            pipe.cmd("EXISTS").arg(keys.job_key(id));
            for set in ["completed", "failed", "delayed", "prioritized", "waiting-children"] {
                pipe.cmd("ZSCORE").arg(keys.get(set)).arg(id);
            }
        }
        let answers: Vec<Option<f64>> = self.connection.pipe(&pipe).await?;
        let mut listed = None;
        let mut places = Vec::with_capacity(rows.len());
        for (row, answer) in rows.iter().zip(answers.chunks(6)) {
            places.push(match answer {
                [Some(exists), ..] if *exists == 0.0 => Place::Gone,
                [_, Some(_), ..] => Place::Completed,
                [_, _, Some(_), ..] => Place::Failed,
                [_, _, _, None, None, None] => {
                    if listed.is_none() {
                        listed = Some(self.listed(keys).await?);
                    }
                    let is_listed = listed.as_ref().is_some_and(|ids| ids.contains(row.outside_id()));
                    if is_listed || self.has_moved(keys, row).await? { Place::Alive } else { Place::Lost }
                }
                _ => Place::Alive,
            });
        }
        Ok(places)
    }

    /// The ids that wait or run.
    async fn listed(&self, keys: &QueueKeys) -> Result<HashSet<String>, RelayError> {
        let mut pipe = redis::pipe();
        for list in [keys.wait(), keys.active(), keys.paused()] {
            pipe.cmd("LRANGE").arg(list).arg(0).arg(-1);
        }
        let lists: Vec<Vec<String>> = self.connection.pipe(&pipe).await?;
        Ok(lists.into_iter().flatten().collect())
    }

    /// Asks again about one job, in one step: it may have moved between the answers.
    async fn has_moved(&self, keys: &QueueKeys, row: &Relayed) -> Result<bool, RelayError> {
        let queue =
            bullmq::Queue::with_connection(keys.name(), self.connection.clone(), self.config.queue()).await?;
        let id = row.outside_id();
        let is_there = queue.get_job_state(id).await? != bullmq::JobState::Unknown;
        Ok(is_there || queue.get_job(id).await?.is_none())
    }

    /// Removes what is left of a job that no list has, so that it can be added again.
    async fn forget(&self, keys: &QueueKeys, row: &Relayed) -> Result<(), RelayError> {
        let mut command = redis::cmd("DEL");
        command.arg(keys.job_key(row.outside_id()));
        self.connection.cmd::<i64>(&mut command).await?;
        Ok(())
    }

    /// Writes down how a worker of another program has ended the job.
    async fn end(&self, keys: &QueueKeys, row: &Relayed, is_completed: bool) -> Result<(), RelayError> {
        let mut command = redis::cmd("HMGET");
        command.arg(keys.job_key(row.outside_id())).arg("returnvalue").arg("failedReason");
        let [result, reason]: [Option<String>; 2] = self.connection.cmd(&mut command).await?;
        let ended = ended_outside(is_completed, result, reason);
        let tx = self.db.begin().await?;
        jobs::end_outside(&tx, &row.id, &ended, self.clock.now_ms()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// How a worker of another program has ended a job, from the fields that it has written.
pub(super) fn ended_outside(
    is_completed: bool,
    result: Option<String>,
    reason: Option<String>,
) -> EndedOutside {
    if is_completed {
        return EndedOutside::Completed(result);
    }
    let code = FailureCode::Internal.as_str().to_owned();
    let message = reason.unwrap_or_else(|| "A worker of another program has failed this job.".to_owned());
    EndedOutside::Failed(Failure { code, message, detail: None })
}
