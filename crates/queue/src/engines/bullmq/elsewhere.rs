//! What happens in Redis without us: jobs that workers in Node end, queues that Node pauses. Read from the queues'
//! event streams as it happens; what is missed here, the reconciler finds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bullmq::redis_connection::{AnyConnection, RedisConnection};
use telecine_db::{Db, jobs};
use telecine_model::{Clock, JobState};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::config::BullMqConfig;
use super::delivery::foreign_row_id;
use super::reconcile::ended_outside;
use super::relay::RelayError;

/// Events of one answer.
const BATCH: usize = 500;
/// An answer comes after this time even without events.
const BLOCK_MS: u64 = 5000;
/// The wait after Redis or the database failed.
const RETRY: Duration = Duration::from_secs(1);

/// One event of one queue.
#[derive(Debug, Default)]
struct Event {
    queue: String,
    kind: String,
    job: String,
    result: Option<String>,
    reason: Option<String>,
}

/// One stream's answer: its key, and its entries with their fields.
type Streams = Vec<(String, Vec<(String, Vec<(String, String)>)>)>;

pub(super) struct Elsewhere {
    db: Db,
    clock: Arc<dyn Clock>,
    config: BullMqConfig,
    connection: RedisConnection,
    /// Told when a queue was paused or resumed.
    pauses: Arc<Notify>,
}

impl Elsewhere {
    pub(super) fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        config: BullMqConfig,
        connection: RedisConnection,
        pauses: Arc<Notify>,
    ) -> Self {
        Self { db, clock, config, connection, pauses }
    }

    /// Works until it is stopped, and follows the queues that are named meanwhile.
    pub(super) async fn work(self, mut queues: watch::Receiver<BTreeSet<String>>, stop: CancellationToken) {
        let seen = queues.borrow_and_update().iter().map(|queue| (queue.clone(), "$".to_owned())).collect();
        let mut seen: BTreeMap<String, String> = seen;
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                Ok(()) = queues.changed() => {}
                followed = self.follow(&mut seen) => if let Err(error) = followed {
                    tracing::debug!(%error, "the events of the queues cannot be followed, will try again");
                    self.clock.sleep_until(self.clock.now() + RETRY).await;
                }
            }
            for queue in queues.borrow_and_update().iter() {
                // What has happened before it was followed counts, too.
                seen.entry(queue.clone()).or_insert_with(|| "0-0".to_owned());
            }
        }
    }

    async fn follow(&self, seen: &mut BTreeMap<String, String>) -> Result<(), RelayError> {
        if seen.is_empty() {
            std::future::pending::<()>().await;
        }
        let mut connection = self.connection.dedicated_any_connection().await?;
        loop {
            let streams = self.read(&mut connection, seen).await?;
            let mut events = Vec::new();
            for (key, entries) in streams.unwrap_or_default() {
                let followed = seen.iter_mut().find(|(queue, _)| self.config.keys(queue).events() == key);
                let Some((queue, seen)) = followed else { continue };
                for (id, fields) in entries {
                    *seen = id;
                    events.extend(event(queue, fields));
                }
            }
            if !events.is_empty() {
                self.note(&events).await?;
            }
        }
    }

    async fn read(
        &self,
        connection: &mut AnyConnection,
        seen: &BTreeMap<String, String>,
    ) -> Result<Option<Streams>, bullmq::Error> {
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(BATCH).arg("BLOCK").arg(BLOCK_MS).arg("STREAMS");
        for queue in seen.keys() {
            command.arg(self.config.keys(queue).events());
        }
        for id in seen.values() {
            command.arg(id);
        }
        Ok(command.query_async(connection).await?)
    }

    async fn note(&self, events: &[Event]) -> Result<(), RelayError> {
        if events.iter().any(|event| matches!(event.kind.as_str(), "paused" | "resumed")) {
            self.pauses.notify_one();
        }
        let ended: Vec<&Event> =
            events.iter().filter(|event| matches!(event.kind.as_str(), "completed" | "failed")).collect();
        if ended.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = ended
            .iter()
            .flat_map(|event| [event.job.clone(), foreign_row_id(&event.queue, &event.job)])
            .collect();
        // Our own workers have written it down before Redis knew it, so that most rows have ended here.
        let rows = jobs::find_many(self.db.read(), &ids).await?;
        for row in
            rows.into_iter().filter(|row| !row.state.is_finished() && row.state != JobState::WaitingChildren)
        {
            let of_row = |event: &&&Event| {
                event.queue == row.queue
                    && (event.job == row.id || foreign_row_id(&event.queue, &event.job) == row.id)
            };
            let Some(event) = ended.iter().rev().find(of_row) else { continue };
            if !self.has_ended(event).await? {
                continue;
            }
            let ended = ended_outside(event.kind == "completed", event.result.clone(), event.reason.clone());
            let tx = self.db.begin().await?;
            jobs::end_outside(&tx, &row.id, &ended, self.clock.now_ms()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whether the job is where the event says: it may be an old one, of a run before the last.
    async fn has_ended(&self, event: &Event) -> Result<bool, bullmq::Error> {
        let mut command = redis::cmd("ZSCORE");
        command.arg(self.config.keys(&event.queue).get(&event.kind)).arg(&event.job);
        Ok(self.connection.cmd::<Option<f64>>(&mut command).await?.is_some())
    }
}

/// The event, when it is one of those that matter here.
fn event(queue: &str, fields: Vec<(String, String)>) -> Option<Event> {
    let mut event = Event { queue: queue.to_owned(), ..Event::default() };
    for (name, value) in fields {
        match name.as_str() {
            "event" => event.kind = value,
            "jobId" => event.job = value,
            "returnvalue" => event.result = Some(value),
            "failedReason" => event.reason = Some(value),
            _ => {}
        }
    }
    matches!(event.kind.as_str(), "completed" | "failed" | "paused" | "resumed").then_some(event)
}
