//! The platform in one process: database, object storage, workers, API; started in this order and stopped in reverse.

mod data_dir;
mod queues;
mod storage;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use telecine_api::ApiConfig;
use telecine_app::access::{Signer, sign_in_address};
use telecine_app::playback::manifest_cache;
use telecine_app::storage_events::{HttpsFetch, StorageEvents};
use telecine_app::{App, ScratchSpace};
use telecine_db::Db;
use telecine_model::{Clock, SystemClock};
use telecine_outbound::Outbound;
use telecine_queue::{Worker, WorkerHandle};
use telecine_storage::Urls;
use telecine_storage::purge::CdnPurge;
use telecine_video::Tools;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::settings::Settings;
pub(crate) use data_dir::{DataDir, is_in_use};
pub(crate) use queues::queues;
pub(crate) use storage::Storage;

/// How long uploads that are being completed may take once the process is to end.
const TASKS_GRACE: Duration = Duration::from_secs(10);

/// A running platform.
pub(crate) struct Platform {
    pub(crate) app: Arc<App>,
    pub(crate) started_in: Duration,
    pub(crate) storage_place: String,
    /// Where this machine reaches the API, whatever browsers are told.
    pub(crate) own_url: Url,
    stop_api: CancellationToken,
    api: JoinHandle<()>,
    worker: WorkerHandle,
    storage: Storage,
    _data_dir: DataDir,
}

impl Platform {
    /// Starts everything. Errors name the setting to change.
    pub(crate) async fn start(settings: Settings) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let listener =
            bind(SocketAddr::new(settings.server.bind, settings.server.port), "server.port (PORT)").await?;
        let listening = listener.local_addr()?;
        let mut data_dir = DataDir::lock(&settings.data_dir)?;
        let db = open_database(&settings).await?;
        let storage = Storage::start(&settings, &mut data_dir, clock.clone()).await?;
        let urls = Urls::new(
            storage.store.clone(),
            settings.delivery.cdn_url.as_ref(),
            &settings.redis,
            clock.clone(),
        )?;
        let outbound = Outbound::new(&settings.outbound).map_err(anyhow::Error::msg)?;
        let sns = HttpsFetch::new().map_err(anyhow::Error::msg)?;
        let app = Arc::new(App {
            cdn: CdnPurge::new(&settings.delivery.purge, outbound, clock.clone())?,
            urls,
            signer: Signer::load(&db).await?,
            store: storage.store.clone(),
            clock: clock.clone(),
            tools: Tools::from(&settings.video),
            scratch: ScratchSpace::open(data_dir.scratch()).context("the scratch folder cannot be used")?,
            public_url: settings.server.effective_public_url(listening),
            delivery: settings.delivery,
            video: settings.video,
            uploads: settings.uploads,
            tasks: TaskTracker::new(),
            storage_events: StorageEvents::new(settings.storage_events, Arc::new(sns)),
            manifests: manifest_cache(),
            db: db.clone(),
        });
        let registry = Arc::new(telecine_app::jobs::registry());
        let queues = queues(db.clone(), clock.clone());
        let worker =
            Worker::new(data_dir.worker_name()?, db, clock, app.clone(), registry, settings.jobs).start();
        let stop_api = CancellationToken::new();
        let cors_origins = settings.server.cors_origins;
        let api =
            tokio::spawn(telecine_api::serve(listener, app.clone(), queues, cors_origins, stop_api.clone()));
        let storage_place = storage.place();
        Ok(Self {
            app,
            started_in: begun.elapsed(),
            storage_place,
            own_url: ApiConfig::own_url(listening),
            stop_api,
            api,
            worker,
            storage,
            _data_dir: data_dir,
        })
    }

    /// The address of the page; opening it signs the browser in. `page` is a path such as `/watch/…`.
    pub(crate) fn page_address(&self, page: &str) -> Url {
        sign_in_address(&self.app.signer, &*self.app.clock, &self.app.public_url, page)
    }

    /// Returns the part that has ended although nobody asked it to, which only a defect makes it do.
    pub(crate) async fn broken_part(&mut self) -> &'static str {
        tokio::select! {
            _ = &mut self.api => "the API",
            () = self.worker.ended() => "the worker",
            () = self.storage.ended() => "the embedded object storage",
        }
    }

    /// Stops taking requests and jobs at once, lets what runs come to an end, and closes everything.
    pub(crate) async fn stop(self) {
        self.stop_api.cancel();
        // Side by side: a slow client must not keep the workers waiting, nor a long job the clients.
        tokio::join!(ended(self.api), self.worker.shutdown());
        self.app.tasks.close();
        if tokio::time::timeout(TASKS_GRACE, self.app.tasks.wait()).await.is_err() {
            tracing::warn!("an upload is still being completed; its client has to complete it again");
        }
        self.storage.stop().await;
        if let Some(app) = Arc::into_inner(self.app) {
            app.db.close().await;
        }
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
