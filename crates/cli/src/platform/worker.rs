//! A process that works on jobs and does nothing else.

use std::net::SocketAddr;
use std::sync::Arc;

use telecine_app::App;
use telecine_db::ServerClock;
use telecine_model::{Clock, SystemClock};

use super::engine::Engine;
use super::health::HealthServer;
use super::{DataDir, Running, Storage, finish, open_database, parts};
use crate::settings::Settings;

/// A running worker process.
pub(crate) struct WorkerProcess {
    app: Arc<App>,
    engine: Engine,
    health: HealthServer,
    storage: Storage,
    _folder: DataDir,
}

impl WorkerProcess {
    /// Starts working on these queues. Errors name the setting to change.
    pub(crate) async fn start(settings: Settings, queues: &[String]) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let health = HealthServer::bind(&settings.health).await?;
        let storage = Storage::for_worker(&settings, clock.clone()).await?;
        let folder = DataDir::lock_for_worker(&settings.data_dir)?;
        let db = open_database(&settings).await?;
        let clock = ServerClock::of(&db, clock).await?;
        // Where the server listens; this process does not.
        let server = SocketAddr::new(settings.server.bind, settings.server.port);
        let public_url = settings.server.effective_public_url(server);
        let worker = Some(folder.worker_name()?);
        let parts = parts::Parts { db, store: storage.store.clone(), clock, public_url, worker };
        let app = Arc::new(parts.assemble(&settings, folder.scratch()).await?);
        let engine = Engine::start_on(&app, &settings, queues).await?;
        Ok(Self { health: health.start(&app), app, engine, storage, _folder: folder })
    }

    /// The name under which it takes jobs.
    pub(crate) fn name(&self) -> &str {
        self.app.health.worker().unwrap_or_default()
    }

    /// Where it answers for its health.
    pub(crate) fn health_address(&self) -> Option<SocketAddr> {
        self.health.address()
    }
}

impl Running for WorkerProcess {
    async fn broken_part(&mut self) -> &'static str {
        tokio::select! {
            () = self.engine.ended() => "the worker",
            () = self.storage.ended() => "the object storage",
            () = self.health.ended() => "the port for health",
        }
    }

    async fn stop(self) {
        self.engine.shutdown().await;
        finish(self.app, self.storage, self.health).await;
    }
}
