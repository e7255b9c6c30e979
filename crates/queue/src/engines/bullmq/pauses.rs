//! Pauses: our flag in the database and the one in Redis, where workers in Node see it, are kept the same.
//!
//! Both sides may change at any time, and each tells of it late. Beside its flag Redis keeps what both sides agreed on last:
//! the side that differs from it is the one that somebody has changed.

use std::sync::Arc;
use std::time::Duration;

use bullmq::Queue;
use bullmq::redis_connection::RedisConnection;
use telecine_db::{Db, jobs};
use telecine_model::Clock;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::config::BullMqConfig;
use super::relay::RelayError;

/// The flags are compared this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The field of a queue's `meta` for what was agreed on, 0 or 1.
const AGREED: &str = "telecine.paused";

/// What is to be done about the flags of a queue.
#[derive(Debug, PartialEq, Eq)]
enum Merge {
    /// They are as they were.
    Nothing,
    /// They are the same, and are written down so.
    Agree,
    /// Redis learns of the change.
    ToRedis,
    /// The database learns of the change.
    ToDatabase,
}

/// Keeps the flags the same.
pub(super) struct Pauses {
    db: Db,
    clock: Arc<dyn Clock>,
    config: BullMqConfig,
    connection: RedisConnection,
    /// Told when a queue was paused or resumed in Redis.
    changed: Arc<Notify>,
}

impl Pauses {
    pub(super) fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        config: BullMqConfig,
        connection: RedisConnection,
        changed: Arc<Notify>,
    ) -> Self {
        Self { db, clock, config, connection, changed }
    }

    /// Works until it is stopped.
    pub(super) async fn work(self, queues: Vec<String>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.merge_all(&queues).await {
                tracing::debug!(%error, "pauses cannot be carried to Redis and back, will try again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.changed.notified() => {}
                () = self.clock.sleep_until(self.clock.now() + LOOK_AGAIN) => {}
            }
        }
    }

    async fn merge_all(&self, queues: &[String]) -> Result<(), RelayError> {
        let paused = jobs::paused_queues(self.db.read()).await?;
        let mut pipe = redis::pipe();
        for queue in queues {
            pipe.cmd("HMGET").arg(self.config.keys(queue).meta()).arg("paused").arg(AGREED);
        }
        let found: Vec<(Option<String>, Option<u8>)> = self.connection.pipe(&pipe).await?;
        for (queue, (in_redis, agreed)) in queues.iter().zip(found) {
            let (in_database, in_redis) = (paused.contains(queue), in_redis.is_some());
            self.apply(queue, in_database, in_redis, agreed.map(|flag| flag != 0)).await?;
        }
        Ok(())
    }

    async fn apply(
        &self,
        name: &str,
        in_database: bool,
        in_redis: bool,
        agreed: Option<bool>,
    ) -> Result<(), RelayError> {
        let (merge, is_paused) = merge(in_database, in_redis, agreed);
        match merge {
            Merge::Nothing => return Ok(()),
            Merge::Agree => {}
            Merge::ToRedis => {
                let queue =
                    Queue::with_connection(name, self.connection.clone(), self.config.queue()).await?;
                if is_paused { queue.pause().await? } else { queue.resume().await? }
            }
            Merge::ToDatabase => {
                let tx = self.db.begin().await?;
                match is_paused {
                    true => jobs::pause(&tx, name).await?,
                    false => jobs::resume(&tx, name).await?,
                };
                tx.commit().await?;
            }
        }
        let mut command = redis::cmd("HSET");
        command.arg(self.config.keys(name).meta()).arg(AGREED).arg(u8::from(is_paused));
        Ok(self.connection.cmd::<i64>(&mut command).await.map(drop)?)
    }
}

/// What to do, and whether the queue is paused then. A Redis that does not know what was agreed on is new or was wiped: there
/// a pause of either side holds.
fn merge(in_database: bool, in_redis: bool, agreed: Option<bool>) -> (Merge, bool) {
    let is_paused = match agreed {
        Some(agreed) if in_database == agreed => in_redis,
        Some(_) => in_database,
        None => in_database || in_redis,
    };
    let merge = if in_redis != is_paused {
        Merge::ToRedis
    } else if in_database != is_paused {
        Merge::ToDatabase
    } else if agreed != Some(is_paused) {
        Merge::Agree
    } else {
        Merge::Nothing
    };
    (merge, is_paused)
}

#[cfg(test)]
mod tests {
    use super::{Merge, merge};

    #[test]
    fn whoever_has_changed_the_flag_is_right() {
        for agreed in [false, true] {
            assert_eq!(merge(agreed, agreed, Some(agreed)), (Merge::Nothing, agreed));
            assert_eq!(merge(!agreed, agreed, Some(agreed)), (Merge::ToRedis, !agreed));
            assert_eq!(merge(agreed, !agreed, Some(agreed)), (Merge::ToDatabase, !agreed));
            assert_eq!(merge(!agreed, !agreed, Some(agreed)), (Merge::Agree, !agreed));
        }
    }

    #[test]
    fn a_wiped_redis_resumes_nothing() {
        assert_eq!(merge(true, false, None), (Merge::ToRedis, true));
        assert_eq!(merge(false, true, None), (Merge::ToDatabase, true));
        assert_eq!(merge(true, true, None), (Merge::Agree, true));
        assert_eq!(merge(false, false, None), (Merge::Agree, false));
    }
}
