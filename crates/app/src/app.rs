//! The parts that the product's actions work with.

use std::sync::Arc;

use serde::Deserialize;
use telecine_db::Db;
use telecine_image::Pool;
use telecine_metrics::Metrics;
use telecine_model::Clock;
use telecine_outbound::Outbound;
use telecine_queue::{Context, Queues};
use telecine_storage::purge::{CdnPurge, PurgeConfig, PurgeProvider};
use telecine_storage::remote::RemoteUploads;
use telecine_storage::{ObjectStore, Urls};
use telecine_video::{Tools, VideoConfig};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::access::Signer;
use crate::cache::CacheConfig;
use crate::events::EventHub;
use crate::fetch::Hosts;
use crate::health::Health;
use crate::jobs::ImportsConfig;
use crate::playback::ManifestCache;
use crate::scratch::ScratchSpace;
use crate::storage_events::StorageEvents;
use crate::uploads::UploadsConfig;

/// `[delivery]` in telecine.toml.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveryConfig {
    /// The address of a CDN in front of the bucket. With it, playback addresses are public and name the CDN;
    /// without it they are signed.
    pub cdn_url: Option<Url>,
    /// How the CDN learns that objects are gone.
    pub purge: PurgeConfig,
}

impl DeliveryConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        let is_usable = |url: &Url| matches!(url.scheme(), "http" | "https") && url.query().is_none();
        match &self.cdn_url {
            Some(url) if !is_usable(url) => {
                Err("delivery.cdn_url must be an http or https address without a query".into())
            }
            None if self.purge.provider != PurgeProvider::None => {
                Err("delivery.purge.provider is set without delivery.cdn_url: there is no CDN to purge"
                    .into())
            }
            _ => self.purge.check().map_err(|error| error.to_string()),
        }
    }
}

/// Everything an action needs. One per process, shared.
pub struct App {
    /// Metadata.
    pub db: Db,
    /// Media.
    pub store: ObjectStore,
    /// Addresses of media for people.
    pub urls: Urls,
    /// Files from elsewhere into storage.
    pub remote: RemoteUploads,
    /// Other people's servers.
    pub outbound: Outbound,
    /// What is on its way from them.
    pub hosts: Hosts,
    /// What the media cache may take.
    pub cache: CacheConfig,
    /// Makes variants of images.
    pub images: Pool,
    /// Which files of this machine other programs may name.
    pub imports: ImportsConfig,
    /// Copies of media in the CDN.
    pub cdn: CdnPurge,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Makes and checks signed links.
    pub signer: Signer,
    /// ffmpeg and ffprobe.
    pub tools: Tools,
    /// How videos are encoded.
    pub video: VideoConfig,
    /// Where jobs keep files while they run.
    pub scratch: ScratchSpace,
    /// The origin under which browsers reach the API.
    pub public_url: Url,
    /// Where media is delivered from.
    pub delivery: DeliveryConfig,
    /// Work that was begun for a request and goes on when the client has gone; the process waits for it at its end.
    pub tasks: TaskTracker,
    /// What may be uploaded, and how long an upload may rest.
    pub uploads: UploadsConfig,
    /// Who may tell that an object has arrived.
    pub storage_events: StorageEvents,
    /// Published manifests, for signing playlists.
    pub manifests: ManifestCache,
    /// What this process has done, in numbers.
    pub metrics: Arc<Metrics>,
    /// Whether this process can do its work.
    pub health: Health,
    /// What becomes of the jobs.
    pub queues: Arc<dyn Queues>,
    /// Live events for those who listen to this process.
    pub events: EventHub,
}

impl Context for App {
    /// The time of day: what happened is written down with it, and all else is in the database.
    type Bookkeeping = dyn Clock;

    fn bookkeeping(&self) -> &dyn Clock {
        &*self.clock
    }
}
