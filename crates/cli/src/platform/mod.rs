//! The platform in one process: database, object storage, workers, API; started in this order and stopped in reverse.
//! [`WorkerProcess`] is the part of it that only works on jobs.

mod data_dir;
mod engine;
mod health;
mod parts;
mod queues;
mod storage;
mod worker;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use telecine_api::ApiConfig;
use telecine_app::App;
use telecine_app::access::sign_in_address;
use telecine_app::events::EventHub;
use telecine_db::{Db, ServerClock};
use telecine_model::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::settings::Settings;
pub(crate) use data_dir::{DataDir, is_in_use};
use engine::Engine;
use health::HealthServer;
pub(crate) use queues::queues;
pub(crate) use storage::Storage;
pub(crate) use worker::WorkerProcess;

/// How long uploads that are being completed may take once the process is to end.
const TASKS_GRACE: Duration = Duration::from_secs(10);

/// A program that runs until it is told to stop.
pub(crate) trait Running {
    /// Returns the part that has ended although nobody asked it to, which only a defect makes it do.
    async fn broken_part(&mut self) -> &'static str;

    /// Stops taking requests and jobs at once, lets what runs come to an end, and closes everything.
    async fn stop(self);
}

/// Who works on the jobs of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workers {
    /// The server itself.
    Inside,
    /// `telecine worker`, in processes of their own.
    Elsewhere,
}

/// A running platform.
pub(crate) struct Platform {
    pub(crate) app: Arc<App>,
    pub(crate) started_in: Duration,
    pub(crate) storage_place: String,
    /// Where this machine reaches the API, whatever browsers are told.
    pub(crate) own_url: Url,
    stop_api: CancellationToken,
    api: JoinHandle<()>,
    events: JoinHandle<()>,
    engine: Engine,
    health: HealthServer,
    storage: Storage,
    _data_dir: DataDir,
}

impl Platform {
    /// Starts everything. Errors name the setting to change.
    pub(crate) async fn start(settings: Settings, workers: Workers) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let listener =
            bind(SocketAddr::new(settings.server.bind, settings.server.port), "server.port (PORT)").await?;
        let listening = listener.local_addr()?;
        let health = HealthServer::bind(&settings.health).await?;
        let mut data_dir = DataDir::lock(&settings.data_dir)?;
        let db = open_database(&settings).await?;
        let clock = ServerClock::of(&db, clock).await?;
        let storage = Storage::start(&settings, &mut data_dir, clock.clone()).await?;
        let worker = match workers {
            Workers::Inside => Some(data_dir.worker_name()?),
            Workers::Elsewhere => None,
        };
        let public_url = settings.server.effective_public_url(listening);
        let parts = parts::Parts { db, store: storage.store.clone(), clock, public_url, worker };
        let app = Arc::new(parts.assemble(&settings, data_dir.scratch()).await?);
        let engine = Engine::start(&app, &settings).await?;
        let events = EventHub::start(&app).await?;
        let stop_api = CancellationToken::new();
        let api = telecine_api::Api {
            app: app.clone(),
            cors_origins: settings.server.cors_origins,
            metrics: settings.metrics,
        };
        let api = tokio::spawn(api.serve(listener, stop_api.clone()));
        let storage_place = storage.place();
        Ok(Self {
            health: health.start(&app),
            app,
            started_in: begun.elapsed(),
            storage_place,
            own_url: ApiConfig::own_url(listening),
            stop_api,
            api,
            events,
            engine,
            storage,
            _data_dir: data_dir,
        })
    }

    /// The address of the page; opening it signs the browser in. `page` is a path such as `/watch/…`.
    pub(crate) fn page_address(&self, page: &str) -> Url {
        sign_in_address(&self.app.signer, &*self.app.clock, &self.app.public_url, page)
    }
}

impl Running for Platform {
    async fn broken_part(&mut self) -> &'static str {
        tokio::select! {
            _ = &mut self.api => "the API",
            _ = &mut self.events => "the reader of events",
            () = self.engine.ended() => "the worker",
            () = self.storage.ended() => "the embedded object storage",
            () = self.health.ended() => "the port for health",
        }
    }

    async fn stop(self) {
        self.stop_api.cancel();
        // Listeners stay for ever; they come again where there is a server.
        self.app.events.close();
        // Side by side: a slow client must not keep the workers waiting, nor a long job the clients.
        tokio::join!(ended(self.api), ended(self.events), self.engine.shutdown());
        finish(self.app, self.storage, self.health).await;
    }
}

/// Waits for what was begun for requests and jobs, and closes what they used.
async fn finish(app: Arc<App>, storage: Storage, health: HealthServer) {
    app.tasks.close();
    if tokio::time::timeout(TASKS_GRACE, app.tasks.wait()).await.is_err() {
        tracing::warn!("an upload is still being completed; its client has to complete it again");
    }
    health.stop().await;
    storage.stop().await;
    if let Some(app) = Arc::into_inner(app) {
        app.db.close().await;
    }
}

/// Waits for a task that may have been waited for already.
async fn ended(task: JoinHandle<()>) {
    if !task.is_finished() {
        let _ = task.await;
    }
}

/// Opens the database that the settings name and brings its schema up to date.
pub(crate) async fn open_database(settings: &Settings) -> anyhow::Result<Db> {
    let db = Db::connect(&settings.database.effective_url(&absolute(&settings.data_dir)?)).await?;
    let migrations = db.migrate().await?;
    if !migrations.is_empty() {
        tracing::info!(migrations = migrations.join(", "), "the database schema is up to date");
    }
    Ok(db)
}

/// Opens the database that a server uses. A new one would know nothing: storage would look orphaned, and jobs missing.
pub(crate) async fn open_existing_database(settings: &Settings) -> anyhow::Result<Db> {
    let embedded = absolute(&settings.data_dir)?.join("telecine.sqlite");
    if settings.database.url.is_none() && !embedded.is_file() {
        bail!(
            "there is no database {}; set DATABASE_URL or --data-dir as the server has them",
            embedded.display()
        );
    }
    let db = Db::connect(&settings.database.effective_url(&absolute(&settings.data_dir)?)).await?;
    if !db.pending_migrations().await?.is_empty() {
        bail!("the database is not up to date; if it is the right one, run `telecine migrate` first");
    }
    Ok(db)
}

/// Makes the data folder for commands that run beside a server.
pub(crate) fn create_data_dir(settings: &Settings) -> anyhow::Result<()> {
    data_dir::create(&settings.data_dir)
}

/// Listens on `address`, or says which setting to change.
pub(super) async fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address}; choose another address with {setting}"))
}

/// The folder's absolute path, for the SQLite address.
pub(crate) fn absolute(path: &std::path::Path) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(path).context("the data folder has no absolute path")?;
    if path.to_str().is_none() {
        bail!("the path of the data folder {} is not UTF-8; choose another with --data-dir", path.display());
    }
    Ok(path)
}
