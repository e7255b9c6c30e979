//! Signed playlists: the published manifest with every media address presigned.

use std::sync::Arc;

use bytes::Bytes;
use moka::future::Cache;
use telecine_db::videos::{self, Video};
use telecine_model::{VideoId, key};
use telecine_video::package::render;
use telecine_video::{Addressing, Package};

use super::addresses::{presigned, segment_url_life};
use crate::access::Purpose;
use crate::{App, AppError};

/// A manifest of a two-hour video is about 1 MB.
const MAX_MANIFEST_BYTES: u64 = 32 * 1024 * 1024;
/// Manifests kept in memory, by their size in storage.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// A playlist or manifest to be sent.
#[derive(Debug)]
pub struct Document {
    /// Its media type.
    pub content_type: &'static str,
    /// Its text.
    pub text: Bytes,
}

/// Published manifests by object key; a generation never changes, so nothing ever expires.
pub type ManifestCache = Cache<String, Arc<CachedManifest>>;

/// A manifest and the size of its text.
#[derive(Debug)]
pub struct CachedManifest {
    package: Package,
    bytes: usize,
}

/// An empty cache of bounded size.
#[must_use]
pub fn manifest_cache() -> ManifestCache {
    let weight =
        |_: &String, manifest: &Arc<CachedManifest>| u32::try_from(manifest.bytes).unwrap_or(u32::MAX);
    Cache::builder().max_capacity(CACHE_BYTES).weigher(weight).build()
}

/// The document called `name` (`master.m3u8`, `v720/playlist.m3u8`, `manifest.mpd`, …) of the video that the link's
/// token stands for.
///
/// # Errors
/// [`AppError::NotFound`] for an expired or forged token, a deleted video and an unknown name alike.
pub async fn document(app: &App, token: &str, name: &str) -> Result<Document, AppError> {
    let not_found = || AppError::NotFound { what: "playlist" };
    let video_id = app.signer.verify(Purpose::Playback, token, app.clock.now()).ok_or_else(not_found)?;
    let video_id: VideoId = video_id.parse().map_err(|_| not_found())?;
    let video = videos::find(app.db.read(), video_id).await?.ok_or_else(not_found)?;
    let prefix = key::generation_prefix(video.id, video.published_generation.ok_or_else(not_found)?);
    let manifest = manifest(app, &prefix).await?;
    signed(app, &video, &prefix, &manifest.package, name).ok_or_else(not_found)
}

fn signed(app: &App, video: &Video, prefix: &str, package: &Package, name: &str) -> Option<Document> {
    let life = segment_url_life(video);
    let sign = |object: &str| presigned(app, &format!("{prefix}{object}"), life);
    let document = render(package, &Addressing::Signed(&sign), name)?;
    Some(Document { content_type: document.content_type, text: document.bytes })
}

/// Reads the generation's manifest; requests for the same one at the same time read it once.
async fn manifest(app: &App, prefix: &str) -> Result<Arc<CachedManifest>, AppError> {
    let object = format!("{prefix}manifest.json");
    let read = async {
        let bytes = app.store.get_bytes(&object, MAX_MANIFEST_BYTES).await?;
        let unreadable = |reason: String| AppError::Unreadable { document: "manifest.json", reason };
        let package = Package::from_manifest(&bytes).map_err(|error| unreadable(error.to_string()))?;
        Ok(Arc::new(CachedManifest { package, bytes: bytes.len() }))
    };
    let shared = app.manifests.try_get_with(object.clone(), read).await;
    shared.map_err(|error: Arc<AppError>| match &*error {
        AppError::Store(error) => {
            tracing::error!(%error, "a manifest could not be read");
            AppError::StorageUnavailable
        }
        error => AppError::Unreadable { document: "manifest.json", reason: error.to_string() },
    })
}
