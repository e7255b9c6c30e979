//! Object storage for this process: the S3 endpoint that the settings name, or the embedded one.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, bail};
use telecine_model::Clock;
use telecine_storage::ObjectStore;
use telecine_storage::embedded::{Credentials, EmbeddedServer};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::data_dir::{is_in_use, noted_storage};
use super::{DataDir, bind};
use crate::settings::Settings;

/// The client, and the embedded server if there is one.
pub(crate) struct Storage {
    pub(crate) store: ObjectStore,
    embedded: Option<Embedded>,
    /// Locked by a command that serves the embedded endpoint for itself.
    data_dir: Option<DataDir>,
}

struct Embedded {
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Storage {
    /// Connects to the configured endpoint, or starts the embedded one, and makes sure of the bucket.
    pub(crate) async fn start(
        settings: &Settings,
        data_dir: &mut DataDir,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        if settings.storage.endpoint.is_some() {
            return Self::connect(settings, clock).await;
        }
        let storage = Self::start_embedded(settings, data_dir, clock).await?;
        storage.store.ensure_bucket().await.context("the embedded object storage cannot be used")?;
        Ok(storage)
    }

    /// The storage for a command: the configured endpoint, the embedded one of the server that runs on the data folder, or
    /// an embedded one for the command alone.
    pub(crate) async fn for_command(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        if settings.storage.endpoint.is_some() {
            return Self::connect(settings, clock).await;
        }
        if !is_in_use(&settings.data_dir) {
            let mut settings = settings.clone();
            settings.storage.embedded.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            // The proxy in front leads to the server, which does not run.
            settings.storage.public_endpoint = None;
            let mut data_dir = DataDir::lock(&settings.data_dir)?;
            let storage = Self::start(&settings, &mut data_dir, clock).await?;
            return Ok(Self { data_dir: Some(data_dir), ..storage });
        }
        Self::of_running_server(settings, clock)
    }

    /// The storage for a worker process: the configured endpoint, or the embedded one of the server that runs on the same
    /// data folder.
    pub(crate) async fn for_worker(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        if settings.storage.endpoint.is_some() {
            return Self::connect(settings, clock).await;
        }
        if !is_in_use(&settings.data_dir) {
            bail!(
                "a worker needs the object storage that everybody uses: set S3_ENDPOINT, or start `telecine serve` on the \
                 data folder {} first",
                settings.data_dir.display()
            );
        }
        Self::of_running_server(settings, clock)
    }

    /// The embedded endpoint of the server that has locked the data folder.
    fn of_running_server(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let address = noted_storage(&settings.data_dir).context(
            "a server runs on this data folder, but does not say where its storage listens; try again once it has started",
        )?;
        let credentials = Credentials::of_store(&DataDir::objects_in(&settings.data_dir))?;
        let credentials = credentials.context("the embedded object storage has no credentials yet")?;
        let config = settings.storage.clone().for_embedded(address, &credentials);
        Ok(Self { store: ObjectStore::new(&config, clock)?, embedded: None, data_dir: None })
    }

    /// Connects to the configured endpoint.
    pub(crate) async fn connect(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let store = ObjectStore::new(&settings.storage, clock)?;
        let ensured = store.ensure_bucket().await;
        ensured.context("object storage cannot be used; check storage.* and run `telecine doctor`")?;
        Ok(Self { store, embedded: None, data_dir: None })
    }

    async fn start_embedded(
        settings: &Settings,
        data_dir: &mut DataDir,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let config = &settings.storage;
        let listener =
            bind(config.embedded.listen, "storage.embedded.listen (TELECINE_STORAGE_LISTEN)").await?;
        let server = EmbeddedServer::open(&data_dir.objects(), clock.clone()).await?;
        data_dir.note_storage(listener.local_addr()?)?;
        let server = server.with_config(&config.embedded);
        let reached = config.clone().for_embedded(listener.local_addr()?, server.credentials());
        let store = ObjectStore::new(&reached, clock)?;
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.serve(listener, stop.clone()));
        Ok(Self { store, embedded: Some(Embedded { stop, serving }), data_dir: None })
    }

    /// Where the objects are, for people.
    pub(crate) fn place(&self) -> String {
        let kind = if self.embedded.is_some() { "embedded S3 endpoint" } else { "S3" };
        format!("{}   {kind}", self.store.public_origin())
    }

    /// Returns when the embedded server has ended, which without [`stop`](Self::stop) only a defect makes it do.
    pub(crate) async fn ended(&mut self) {
        match &mut self.embedded {
            Some(Embedded { serving, .. }) if !serving.is_finished() => drop(serving.await),
            Some(_) => {}
            None => std::future::pending().await,
        }
    }

    /// Lets running requests end and stops the embedded server.
    pub(crate) async fn stop(self) {
        if let Some(Embedded { stop, serving }) = self.embedded {
            stop.cancel();
            super::ended(serving).await;
        }
        drop(self.data_dir);
    }
}
