//! Signed playlists: the published manifest with every media address presigned.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::future::Cache;
use telecine_db::videos::{self, Video};
use telecine_model::{VideoId, key};
use telecine_storage::ObjectStore;
use telecine_video::package::render;
use telecine_video::{Addressing, Package};

use super::addresses::{presigned, segment_url_life};
use super::growing::growing;
use crate::access::Purpose;
use crate::{App, AppError, captions};

/// A manifest of a two-hour video is about 1 MB.
const MAX_MANIFEST_BYTES: u64 = 32 * 1024 * 1024;
/// Manifests kept in memory, by their size in storage.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Videos that are watched while they are made, at a time.
const GROWING_VIDEOS: u64 = 32;
/// Players ask every few seconds.
const GROWING_LIFE: Duration = Duration::from_millis(500);

/// A playlist or manifest to be sent.
#[derive(Debug)]
pub struct Document {
    /// Its media type.
    pub content_type: &'static str,
    /// Its text.
    pub text: Bytes,
    /// Whether it will have more in it soon.
    pub is_growing: bool,
}

/// Published manifests by object key.
#[derive(Debug)]
pub struct ManifestCache {
    /// A generation that is whole never changes, so nothing ever expires.
    whole: Cache<String, Arc<CachedManifest>>,
    /// What is still being made, for as long as nobody minds.
    growing: Cache<String, Option<Arc<Package>>>,
}

/// A manifest and the size of its text.
#[derive(Debug)]
pub(super) struct CachedManifest {
    package: Arc<Package>,
    bytes: usize,
}

/// An empty cache of bounded size.
#[must_use]
pub fn manifest_cache() -> ManifestCache {
    let weight =
        |_: &String, manifest: &Arc<CachedManifest>| u32::try_from(manifest.bytes).unwrap_or(u32::MAX);
    ManifestCache {
        whole: Cache::builder().max_capacity(CACHE_BYTES).weigher(weight).build(),
        growing: Cache::builder().max_capacity(GROWING_VIDEOS).time_to_live(GROWING_LIFE).build(),
    }
}

/// The document called `name` (`master.m3u8`, `v720/playlist.m3u8`, `manifest.mpd`, …) of the video that the link's
/// token stands for.
///
/// # Errors
/// [`AppError::NoSuchLink`] for an expired or forged token, a deleted video and an unknown name alike.
pub async fn document(app: &App, token: &str, name: &str) -> Result<Document, AppError> {
    let video_id =
        app.signer.verify(Purpose::Playback, token, app.clock.now()).ok_or(AppError::NoSuchLink)?;
    let video_id: VideoId = video_id.parse().map_err(|_| AppError::NoSuchLink)?;
    let video = videos::find(app.db.read(), video_id).await?.ok_or(AppError::NoSuchLink)?;
    let generation = video.published_generation.ok_or(AppError::NoSuchLink)?;
    let prefix = key::generation_prefix(video.id, generation);
    let package = match growing_package(app, &video, generation, &prefix).await? {
        Some(package) => package,
        None => with_given_captions(app, &video, published_package(app, &prefix).await?).await?,
    };
    let (store, life, name) = (app.store.clone(), segment_url_life(&video), name.to_owned());
    // A long video has thousands of addresses to sign.
    let signing = tokio::task::spawn_blocking(move || signed(&store, life, &prefix, &package, &name));
    let signed = signing.await.map_err(|panic| unreadable(panic.to_string()))?;
    signed.ok_or(AppError::NoSuchLink)
}

fn signed(
    store: &ObjectStore,
    life: Duration,
    prefix: &str,
    package: &Package,
    name: &str,
) -> Option<Document> {
    let sign = |object: &str| presigned(store, &key::named(prefix, object), life);
    let document = render(package, &Addressing::Signed(&sign), name)?;
    Some(Document {
        content_type: document.content_type,
        text: document.bytes,
        is_growing: !package.complete,
    })
}

/// The package as the job that publishes captions would write it down, without waiting for it.
async fn with_given_captions(
    app: &App,
    video: &Video,
    package: Arc<Package>,
) -> Result<Arc<Package>, AppError> {
    let given = captions::given(&app.db, video).await?;
    Ok(if given.is_empty() { package } else { Arc::new(package.with_subtitles(&given)) })
}

/// What there is of a generation that is still being made; requests at the same time read it once.
async fn growing_package(
    app: &App,
    video: &Video,
    generation: i64,
    prefix: &str,
) -> Result<Option<Arc<Package>>, AppError> {
    if !video.is_growing() {
        return Ok(None);
    }
    let read = async { Ok(growing(app, video, generation).await?.map(Arc::new)) };
    let shared = app.manifests.growing.try_get_with(prefix.to_owned(), read).await;
    shared.map_err(|error: Arc<AppError>| unreadable(error.to_string()))
}

/// Reads the generation's manifest; requests for the same one at the same time read it once.
pub(crate) async fn published_package(app: &App, prefix: &str) -> Result<Arc<Package>, AppError> {
    let object = format!("{prefix}manifest.json");
    let read = async {
        let bytes = app.store.get_bytes(&object, MAX_MANIFEST_BYTES).await?;
        let package = Package::from_manifest(&bytes).map_err(|error| unreadable(error.to_string()))?;
        Ok(Arc::new(CachedManifest { package: Arc::new(package), bytes: bytes.len() }))
    };
    let shared = app.manifests.whole.try_get_with(object.clone(), read).await;
    let read = shared.map_err(|error: Arc<AppError>| match &*error {
        AppError::Store(error) => {
            tracing::error!(%error, "a manifest could not be read");
            AppError::StorageUnavailable
        }
        error => unreadable(error.to_string()),
    });
    read.map(|manifest| manifest.package.clone())
}

fn unreadable(reason: String) -> AppError {
    AppError::Unreadable { document: "manifest.json", reason }
}
