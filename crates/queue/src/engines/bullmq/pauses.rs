//! Pauses: our flag in the database is carried to Redis, where it also holds for workers in Node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bullmq::Queue;
use bullmq::redis_connection::RedisConnection;
use telecine_db::{Db, jobs};
use telecine_model::Clock;
use tokio_util::sync::CancellationToken;

use super::config::BullMqConfig;
use super::relay::RelayError;

/// The flags are looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Whether each queue is paused in Redis, as far as this process has seen to it: the event of what was carried there is no
/// news.
#[derive(Clone, Default)]
pub(super) struct Carried(Arc<Mutex<BTreeMap<String, bool>>>);

impl Carried {
    pub(super) fn is(&self, queue: &str) -> Option<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(queue).copied()
    }

    pub(super) fn note(&self, queue: &str, is_paused: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(queue.to_owned(), is_paused);
    }
}

/// Carries changes of the flags to Redis. What Node pauses or resumes arrives in the flags through the queue's events.
pub(super) struct Pauses {
    db: Db,
    clock: Arc<dyn Clock>,
    config: BullMqConfig,
    connection: RedisConnection,
    seen_to: Carried,
}

impl Pauses {
    pub(super) fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        config: BullMqConfig,
        connection: RedisConnection,
        seen_to: Carried,
    ) -> Self {
        Self { db, clock, config, connection, seen_to }
    }

    /// Works until it is stopped.
    pub(super) async fn work(self, queues: Vec<String>, stop: CancellationToken) {
        let mut carried: Option<BTreeSet<String>> = None;
        while !stop.is_cancelled() {
            match self.carry(&queues, carried.as_ref()).await {
                Ok(paused) => carried = Some(paused),
                Err(error) => tracing::debug!(%error, "pauses could not be carried to Redis, will try again"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(self.clock.now() + LOOK_AGAIN) => {}
            }
        }
    }

    /// Applies what has changed since `carried`; at the start, pauses only: who has resumed a queue in Node meanwhile
    /// is not known.
    async fn carry(
        &self,
        queues: &[String],
        carried: Option<&BTreeSet<String>>,
    ) -> Result<BTreeSet<String>, RelayError> {
        let paused = jobs::paused_queues(self.db.read()).await?;
        for name in queues {
            let was = carried.map(|carried| carried.contains(name));
            let is = paused.contains(name);
            if was == Some(is) || (was.is_none() && !is) {
                continue;
            }
            let queue = Queue::with_connection(name, self.connection.clone(), self.config.queue()).await?;
            // First: the event of it is read as soon as it is there.
            self.seen_to.note(name, is);
            if is { queue.pause().await? } else { queue.resume().await? }
        }
        Ok(paused)
    }
}
