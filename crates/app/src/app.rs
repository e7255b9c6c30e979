//! The parts that the product's actions work with.

use std::sync::Arc;

use serde::Deserialize;
use telecine_db::Db;
use telecine_model::Clock;
use telecine_storage::ObjectStore;
use telecine_video::{Tools, VideoConfig};
use url::Url;

use crate::access::Signer;
use crate::playback::ManifestCache;
use crate::scratch::ScratchSpace;

/// `[delivery]` in telecine.toml.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppConfig {
    /// The address of a CDN in front of the bucket. With it, playback addresses are public and name the CDN;
    /// without it they are signed.
    pub cdn_url: Option<Url>,
}

/// Everything an action needs. One per process, shared.
pub struct App {
    /// Metadata.
    pub db: Db,
    /// Media.
    pub store: ObjectStore,
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
    /// The address under which browsers reach the API, without a slash at the end.
    pub public_url: Url,
    /// Where media is delivered from.
    pub delivery: AppConfig,
    /// Published manifests, for signing playlists.
    pub manifests: ManifestCache,
}
