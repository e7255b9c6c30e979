//! A worker: claims jobs, runs them, and stops in good order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use telecine_db::Db;
use telecine_model::Clock;
use tokio_util::sync::CancellationToken;

use crate::config::QueueConfig;
use crate::engines::bullmq::{BullMqConfig, Engine};
use crate::engines::table::Dispatcher;
use crate::handler::Registry;
use crate::job::Context;
use crate::presence::Presence;

/// Runs jobs until it is told to stop.
pub struct Worker<C: Context> {
    pub(crate) name: String,
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) context: Arc<C>,
    pub(crate) registry: Arc<Registry<C>>,
    pub(crate) config: QueueConfig,
    bullmq: Option<BullMqConfig>,
}

/// A running worker. Dropping it without [`shutdown`](WorkerHandle::shutdown) cancels the runs.
pub struct WorkerHandle {
    stop_claiming: CancellationToken,
    cancel_runs: CancellationToken,
    engine: tokio::task::JoinHandle<()>,
    grace: Duration,
}

impl<C: Context> Worker<C> {
    /// A worker called `name` in the table, for the kinds in `registry`. No two live workers may share a name: what
    /// another one of this name holds is taken over at the start.
    pub fn new(
        name: String,
        db: Db,
        clock: Arc<dyn Clock>,
        context: Arc<C>,
        registry: Arc<Registry<C>>,
        config: QueueConfig,
    ) -> Self {
        Self { name, db, clock, context, registry, config, bullmq: None }
    }

    /// The same, but jobs are handed out by the queues of BullMQ in this Redis.
    #[must_use]
    pub fn on_bullmq(self, config: BullMqConfig) -> Self {
        self.db.keep_outbox();
        Self { bullmq: Some(config), ..self }
    }

    /// Starts claiming and running jobs.
    #[must_use]
    pub fn start(self) -> WorkerHandle {
        let (stop_claiming, cancel_runs) = (CancellationToken::new(), CancellationToken::new());
        let grace = self.config.shutdown_grace();
        let (stop, cancel) = (stop_claiming.clone(), cancel_runs.clone());
        let present = self.presence().map(|presence| presence.work(stop.clone()));
        let beside = async move {
            if let Some(present) = present {
                present.await;
            }
        };
        let engine = match self.bullmq.clone() {
            None => tokio::spawn(beside_engine(beside, Dispatcher::new(self, stop, cancel).work())),
            Some(config) => {
                let engine = Engine { worker: self, config, stop_claiming: stop, cancel_runs: cancel };
                tokio::spawn(beside_engine(beside, engine.work()))
            }
        };
        WorkerHandle { stop_claiming, cancel_runs, engine, grace }
    }

    /// Nobody else is there to ask on a database that only this process has.
    fn presence(&self) -> Option<Presence> {
        self.db.is_shared().then(|| Presence {
            db: self.db.clone(),
            clock: self.clock.clone(),
            worker: self.name.clone(),
            places: self.slots(),
        })
    }

    /// Places by queue.
    pub(crate) fn slots(&self) -> BTreeMap<&'static str, usize> {
        self.registry.queues().map(|(queue, own)| (queue, self.config.concurrency_of(queue, own))).collect()
    }
}

async fn beside_engine(beside: impl Future<Output = ()>, engine: impl Future<Output = ()>) {
    tokio::join!(beside, engine);
}

impl WorkerHandle {
    /// Returns when the worker has ended, which without [`shutdown`](WorkerHandle::shutdown) only a defect makes it do.
    pub async fn ended(&mut self) {
        if !self.engine.is_finished() {
            let _ = (&mut self.engine).await;
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
