//! The engine on BullMQ: Redis hands jobs out, to us and to programs in Node that share the queues.
//!
//! Rows come first and stay the truth; `relay` copies them to Redis, `serving` runs what Redis hands out under the same
//! lease and token as the engine on the table, and `reconcile` puts back what Redis has lost. The library's weak places
//! are guarded here: `control` gives it a runtime of its own, `delivery` reads again what it drops, `ending` does the
//! retries itself.

mod clerk;
mod config;
mod connection;
mod control;
mod delivery;
mod elsewhere;
mod ending;
mod foreign;
mod mirror;
mod options;
mod pauses;
mod queues;
mod reconcile;
mod relay;
mod retention;
mod serving;
mod upkeep;
mod workers;

pub use config::BullMqConfig;
pub use connection::{EvictionPolicy, eviction_policy};
pub use queues::BullMqQueues;

use std::sync::Arc;
use std::time::Duration;

use bullmq::redis_connection::RedisConnection;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::job::Context;
use crate::worker::Worker;
use clerk::{Clerk, Desk};
use control::Control;
use elsewhere::Elsewhere;
use pauses::Pauses;
use reconcile::Reconciler;
use relay::Relay;
use serving::Serving;
use upkeep::Upkeep;
use workers::Workers;

/// The wait before Redis is asked again while it does not answer.
const CONNECT_AGAIN: Duration = Duration::from_secs(1);
/// How long an engine that ends waits for its last writes.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// The engine of one worker.
pub(crate) struct Engine<C: Context> {
    pub(crate) worker: Worker<C>,
    pub(crate) config: BullMqConfig,
    pub(crate) stop_claiming: CancellationToken,
    pub(crate) cancel_runs: CancellationToken,
}

impl<C: Context> Engine<C> {
    /// Works until it is told to stop and every run has ended.
    pub(crate) async fn work(self) {
        let control = match Control::start() {
            Ok(control) => control,
            Err(error) => {
                tracing::error!(%error, "the thread for BullMQ cannot be started: no job runs");
                return;
            }
        };
        let Some(connection) = self.connect(&control).await else { return };
        let mut tasks = self.start_tasks(&connection);
        let stop_writing = CancellationToken::new();
        let (clerk, writing) = self.start_clerk(&control, stop_writing.clone());
        let workers = self.start_workers(&control, &connection, clerk).await;
        self.stop_claiming.cancelled().await;
        workers.close(&self.config, &connection).await;
        // What Redis knows already is still to be written down.
        stop_writing.cancel();
        if tokio::time::timeout(LAST_WRITES, writing).await.is_err() {
            tracing::warn!("the database does not answer: the last jobs of other programs have no rows");
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Waits for Redis; `None` when the process is to stop before it has answered.
    async fn connect(&self, control: &Control) -> Option<RedisConnection> {
        let mut is_told = false;
        loop {
            let options = self.config.connection();
            let connecting = control.handle().spawn(async move { connection::connect(&options).await });
            let connected = tokio::select! {
                connected = connecting => connected,
                () = self.stop_claiming.cancelled() => return None,
            };
            match connected {
                Ok(Ok(connection)) => {
                    connection::warn_of_eviction(&connection).await;
                    return Some(connection);
                }
                Ok(Err(error)) if !is_told => {
                    is_told = true;
                    tracing::warn!(%error, "Redis does not answer: jobs wait in the database until it does");
                }
                _ => {}
            }
            tokio::select! {
                () = self.worker.clock.sleep_until(self.worker.clock.now() + CONNECT_AGAIN) => {}
                () = self.stop_claiming.cancelled() => return None,
            }
        }
    }

    /// Everything beside the workers; each task ends when the engine is to stop.
    fn start_tasks(&self, connection: &RedisConnection) -> JoinSet<()> {
        let Worker { db, clock, .. } = &self.worker;
        let queues: Vec<String> = self.worker.slots().into_keys().map(str::to_owned).collect();
        let stop = || self.stop_claiming.clone();
        let mut tasks = JoinSet::new();
        let (used, followed) = watch::channel(queues.iter().cloned().collect());
        let relay = Relay::new(db.clone(), clock.clone(), self.config.clone(), connection.clone(), used);
        tasks.spawn(relay.work(stop()));
        let paused = Arc::new(Notify::new());
        let pauses =
            Pauses::new(db.clone(), clock.clone(), self.config.clone(), connection.clone(), paused.clone());
        tasks.spawn(pauses.work(queues, stop()));
        let reconciler = Reconciler::new(db.clone(), clock.clone(), self.config.clone(), connection.clone());
        tasks.spawn(reconciler.work(stop()));
        let elsewhere =
            Elsewhere::new(db.clone(), clock.clone(), self.config.clone(), connection.clone(), paused);
        tasks.spawn(elsewhere.work(followed, stop()));
        tasks.spawn(Upkeep { db: db.clone(), clock: clock.clone() }.work(stop()));
        tasks
    }

    fn start_clerk(&self, control: &Control, stop: CancellationToken) -> (Clerk, JoinHandle<()>) {
        let Worker { db, clock, name, .. } = &self.worker;
        let desk = Desk { db: db.clone(), clock: clock.clone(), worker: name.clone() };
        Clerk::start(control.handle(), desk, stop)
    }

    async fn start_workers(&self, control: &Control, connection: &RedisConnection, clerk: Clerk) -> Workers {
        let mut workers = Workers::new(control.handle().clone());
        for (queue, places) in self.worker.slots() {
            let serving = Arc::new(Serving {
                db: self.worker.db.clone(),
                clock: self.worker.clock.clone(),
                context: self.worker.context.clone(),
                registry: Arc::clone(&self.worker.registry),
                clerk: clerk.clone(),
                keys: self.config.keys(queue),
                relayed_key: self.config.relayed_key(queue),
                connection: connection.clone(),
                runtime: Handle::current(),
                cancel_runs: self.cancel_runs.clone(),
            });
            let options =
                workers::options(&self.config, &self.worker.name, places, self.worker.config.limits(queue));
            let concurrency = self.worker.config.limits(queue).and_then(|limits| limits.concurrency);
            loop {
                let limited = workers::limit_everywhere(&self.config, connection, queue, concurrency).await;
                let started = match limited {
                    Ok(()) => workers.start(queue, serving.clone(), options.clone()).await,
                    failed => failed,
                };
                match started {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::warn!(queue, %error, "the queue cannot be served yet, will try again")
                    }
                }
                tokio::select! {
                    () = self.worker.clock.sleep_until(self.worker.clock.now() + CONNECT_AGAIN) => {}
                    () = self.stop_claiming.cancelled() => return workers,
                }
            }
        }
        workers
    }
}
