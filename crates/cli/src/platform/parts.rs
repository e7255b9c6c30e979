//! What the processes of the platform have in common: the parts that actions and jobs work with.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use telecine_app::access::Signer;
use telecine_app::events::EventHub;
use telecine_app::health::Health;
use telecine_app::playback::manifest_cache;
use telecine_app::storage_events::{HttpsFetch, StorageEvents};
use telecine_app::{App, Hosts, ScratchSpace};
use telecine_db::Db;
use telecine_image::{Pool, PoolConfig};
use telecine_metrics::Metrics;
use telecine_model::Clock;
use telecine_outbound::{Limits, Outbound};
use telecine_process::Confinement;
use telecine_storage::purge::CdnPurge;
use telecine_storage::remote::RemoteUploads;
use telecine_storage::{ObjectStore, Urls};
use telecine_video::Tools;
use tokio_util::task::TaskTracker;
use url::Url;

use super::queues;
use crate::commands::image::CHILD as IMAGE_CHILD;
use crate::settings::Settings;

/// The longest fetch of a file from elsewhere.
const REMOTE_TOTAL: Duration = Duration::from_secs(24 * 3600);
/// A server that sends nothing for so long is given up.
const REMOTE_IDLE: Duration = Duration::from_secs(30);

/// What is opened before the rest can be put together.
pub(super) struct Parts {
    pub(super) db: Db,
    pub(super) store: ObjectStore,
    pub(super) clock: Arc<dyn Clock>,
    /// How browsers reach the API.
    pub(super) public_url: Url,
    /// The name of the worker in this process, if jobs run here.
    pub(super) worker: Option<String>,
}

impl Parts {
    /// Puts the rest together. Jobs keep their files in `scratch`, which no other process uses.
    pub(super) async fn assemble(self, settings: &Settings, scratch: PathBuf) -> anyhow::Result<App> {
        let Self { db, store, clock, public_url, worker } = self;
        let urls =
            Urls::new(store.clone(), settings.delivery.cdn_url.as_ref(), &settings.redis, clock.clone())?;
        let queues = queues(settings, db.clone(), clock.clone())?;
        let outbound = Outbound::new(&settings.outbound).map_err(anyhow::Error::msg)?;
        let sns = HttpsFetch::new().map_err(anyhow::Error::msg)?;
        let remote_limits =
            Limits { max_bytes: settings.uploads.max_size_bytes, total: REMOTE_TOTAL, idle: REMOTE_IDLE };
        Ok(App {
            outbound: outbound.clone(),
            hosts: Hosts::default(),
            cache: settings.cache.clone(),
            images: image_pool()?,
            remote: RemoteUploads::new(store.clone(), outbound.clone(), remote_limits, clock.clone()),
            imports: settings.imports.clone(),
            cdn: CdnPurge::new(&settings.delivery.purge, outbound, clock.clone())?,
            urls,
            signer: Signer::load(&db).await?,
            store,
            tools: confined_tools(settings),
            scratch: ScratchSpace::open(scratch).context("the scratch folder cannot be used")?,
            public_url,
            delivery: settings.delivery.clone(),
            video: settings.video.clone(),
            uploads: settings.uploads.clone(),
            tasks: TaskTracker::new(),
            storage_events: StorageEvents::new(settings.storage_events.clone(), Arc::new(sns)),
            manifests: manifest_cache(),
            metrics: Arc::new(Metrics::default()),
            health: Health::new(worker),
            queues,
            events: EventHub::default(),
            clock,
            db,
        })
    }
}

/// Children of this program decode images, one for each core.
fn image_pool() -> anyhow::Result<Pool> {
    let program = std::env::current_exe().context("cannot find the program that is running")?;
    let children = std::thread::available_parallelism().map_or(1, NonZero::get);
    let config = PoolConfig { children, ..PoolConfig::new(program, [IMAGE_CHILD]) };
    Pool::new(config).context("there is no place for the folder of the image decoder")
}

/// ffmpeg and ffprobe; the log tells operators what the kernel cannot keep them from.
fn confined_tools(settings: &Settings) -> Tools {
    let Confinement { files, network } = Confinement::here();
    if !(files && network) {
        tracing::warn!(
            files_closed = files,
            network_closed = network,
            "this system cannot close ffmpeg in fully; its limits and allow-lists hold, `telecine doctor` tells more"
        );
    }
    Tools::from(&settings.video)
}
