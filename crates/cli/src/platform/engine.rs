//! The engine that works on jobs in this process, if any does.

use std::sync::Arc;

use telecine_app::App;
use telecine_queue::{Registry, Worker, WorkerHandle};

use crate::settings::Settings;

/// The name of a worker that takes no jobs.
const RELAY: &str = "relay";

/// A running engine, or none where the jobs run elsewhere.
pub(super) struct Engine {
    worker: Option<WorkerHandle>,
}

impl Engine {
    /// Starts working on every queue.
    pub(super) async fn start(app: &Arc<App>, settings: &Settings) -> anyhow::Result<Self> {
        Self::start_with(app, settings, telecine_app::jobs::registry()).await
    }

    /// Starts working on these queues, and on the one that shows that it works.
    pub(super) async fn start_on(
        app: &Arc<App>,
        settings: &Settings,
        queues: &[String],
    ) -> anyhow::Result<Self> {
        Self::start_with(app, settings, telecine_app::jobs::registry_of(queues)).await
    }

    async fn start_with(
        app: &Arc<App>,
        settings: &Settings,
        registry: Registry<App>,
    ) -> anyhow::Result<Self> {
        let bullmq = settings.bullmq().map_err(anyhow::Error::msg)?;
        let works = app.health.worker().is_some();
        // Where jobs are handed out by Redis, a server without workers still brings them there.
        let (name, registry) = match (app.health.worker(), &bullmq) {
            (Some(name), _) => (name, registry),
            (None, Some(_)) => (RELAY, Registry::default()),
            (None, None) => return Ok(Self { worker: None }),
        };
        let registry = Arc::new(registry.counting_in(app.metrics.clone()).with_retries(&settings.jobs));
        let (db, clock, config) = (app.db.clone(), app.clock.clone(), settings.jobs.clone());
        let mut worker = Worker::new(name.to_owned(), db, clock, app.clone(), registry, config);
        if let Some(bullmq) = bullmq {
            worker = worker.on_bullmq(bullmq);
        }
        let worker = worker.start();
        if works {
            app.health.send_canary(app).await?;
            telecine_app::jobs::keep_schedules(app).await?;
        }
        Ok(Self { worker: Some(worker) })
    }

    /// Returns when the engine has ended, which without [`shutdown`](Self::shutdown) only a defect makes it do.
    pub(super) async fn ended(&mut self) {
        match &mut self.worker {
            Some(worker) => worker.ended().await,
            None => std::future::pending().await,
        }
    }

    /// Takes no further job, lets the running ones end within their grace period, and hands the others back.
    pub(super) async fn shutdown(self) {
        if let Some(worker) = self.worker {
            worker.shutdown().await;
        }
    }
}
