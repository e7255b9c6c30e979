//! Where a run's outputs go: objects under the generation's prefix, written down with their sizes and read back before
//! the video is ready. What can be played already is published as it grows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use telecine_db::objects::{self, Object};
use telecine_db::{DbError, Tx};
use telecine_model::{FailureCode, VideoId, key};
use telecine_queue::{JobError, Run};
use telecine_video::package::{Rendition, Segment, StoredObject, render_all};
use telecine_video::{Addressing, OutputObject, Package, Plan, SOURCE_FOLDER, Sink, SinkError};
use tokio::sync::Mutex as AsyncMutex;

use super::super::failed::storage_failed;
use super::growth::Growth;
use crate::App;

/// A generation's objects never change, so caches may keep them for good …
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// … but for playlists that grow.
const GROWING: &str = "public, max-age=2";
/// Playlists in the CDN are written anew after this time at the soonest.
const PLAYLIST_INTERVAL: Duration = Duration::from_secs(2);

type Cause = Box<dyn std::error::Error + Send + Sync>;

pub(super) struct OutputStore<'a> {
    run: &'a Run,
    app: &'a App,
    pub(super) video: VideoId,
    pub(super) generation: i64,
    prefix: String,
    /// Bytes of every playlist and manifest written, by name.
    documents: Mutex<BTreeMap<String, u64>>,
    growth: AsyncMutex<Growth>,
    playlists_written: Mutex<Option<Instant>>,
}

impl<'a> OutputStore<'a> {
    /// With what earlier runs have `stored`.
    pub(super) fn new(
        run: &'a Run,
        app: &'a App,
        video: VideoId,
        generation: i64,
        plan: &Plan,
        stored: &[Rendition],
    ) -> Self {
        let prefix = key::generation_prefix(video, generation);
        let growth = AsyncMutex::new(Growth::new(video, generation, plan, stored));
        Self {
            run,
            app,
            video,
            generation,
            prefix,
            documents: Mutex::default(),
            growth,
            playlists_written: Mutex::default(),
        }
    }

    /// Writes the playlists and manifests; every address in them is relative.
    pub(super) async fn put_documents(&self, package: &Package) -> Result<(), JobError> {
        self.put_all(package, IMMUTABLE).await.map_err(|error| {
            tracing::warn!(%error, "a playlist could not be written");
            JobError::from(FailureCode::StorageUnavailable)
        })
    }

    async fn put_all(&self, package: &Package, cache_control: &'static str) -> Result<(), SinkError> {
        for document in render_all(package, &Addressing::Relative) {
            let sha256 = hex::encode(Sha256::digest(&document.bytes));
            let (name, bytes) = (document.name.clone(), document.bytes.len() as u64);
            self.put_with(document, &sha256, cache_control).await?;
            self.documents.lock().unwrap_or_else(PoisonError::into_inner).insert(name, bytes);
        }
        Ok(())
    }

    /// With a CDN, viewers read playlists there; without one the API makes them from what is written down.
    async fn put_growing(&self, is_news: bool) -> Result<(), SinkError> {
        if self.app.urls.on_cdn(&self.prefix).is_none() || !(self.is_time_for_playlists() || is_news) {
            return Ok(());
        }
        let Some(package) = self.growth.lock().await.package(&*self.app.clock) else { return Ok(()) };
        *self.playlists_written() = Some(Instant::now());
        self.put_all(&package, GROWING).await
    }

    fn is_time_for_playlists(&self) -> bool {
        self.playlists_written().is_none_or(|at| at.elapsed() >= PLAYLIST_INTERVAL)
    }

    fn playlists_written(&self) -> MutexGuard<'_, Option<Instant>> {
        self.playlists_written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn put_with(
        &self,
        object: OutputObject,
        sha256: &str,
        cache_control: &'static str,
    ) -> Result<(), SinkError> {
        let failed = |source: Cause| SinkError { name: object.name.clone(), source };
        let key = format!("{}{}", self.prefix, object.name);
        let size = object.bytes.len() as u64;
        self.record(&key, size, sha256).await.map_err(|error| failed(error.into()))?;
        let put = self.app.store.put_bytes(&key, object.content_type, Some(cache_control), object.bytes);
        put.await.map(drop).map_err(|error| failed(error.into()))
    }

    /// Compares what storage lists with what belongs to the package: every object there, with its size. What runs that were
    /// cut off have left beside it is removed, but for pictures that were copied for the time until now; returns whether there
    /// are some.
    pub(super) async fn verify(&self, package: &Package) -> Result<bool, JobError> {
        let listed = self.app.store.list(&self.prefix).await.map_err(|_| FailureCode::StorageUnavailable)?;
        let mut listed: BTreeMap<String, u64> = listed
            .into_iter()
            .map(|object| (object.key[self.prefix.len()..].to_owned(), object.size))
            .collect();
        let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let objects = package.objects().map(|object| (object.url.clone(), object.bytes));
        for (name, bytes) in objects.chain(documents) {
            if listed.remove(&name) != Some(bytes) {
                tracing::warn!(video.id = %self.video, name, "what is in storage differs from what was written");
                return Err(FailureCode::OutputInvalid.into());
            }
        }
        let is_copy = |name: &str| name.strip_prefix(SOURCE_FOLDER).is_some_and(|rest| rest.starts_with('/'));
        let (copies, left): (Vec<_>, Vec<_>) = listed.into_keys().partition(|name| is_copy(name));
        for name in left {
            self.remove(&format!("{}{name}", self.prefix)).await?;
        }
        Ok(!copies.is_empty())
    }

    async fn remove(&self, key: &str) -> Result<(), JobError> {
        let deleted = self.app.store.delete(key).await;
        deleted.map_err(|error| storage_failed(self.video, &error))?;
        self.in_transaction(async |tx| objects::strike(tx, key).await).await
    }

    /// Writes the object down in the ledger, which only the run that holds the job can do.
    async fn record(&self, key: &str, size: u64, checksum: &str) -> Result<(), JobError> {
        let object = Object {
            key: key.to_owned(),
            owner: self.video.into(),
            generation: self.generation,
            size,
            checksum: Some(checksum.to_owned()),
            created_at: self.app.clock.now_ms(),
        };
        let tx = self.run.begin().await?;
        objects::record(&tx, &object).await?;
        Ok(tx.commit().await?)
    }

    /// Does something in a transaction that only the run which holds the job can commit.
    pub(super) async fn in_transaction<T>(
        &self,
        work: impl AsyncFnOnce(&Tx) -> Result<T, DbError>,
    ) -> Result<T, JobError> {
        let tx = self.run.begin().await?;
        let done = work(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }
}

#[async_trait]
impl Sink for OutputStore<'_> {
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError> {
        self.put_with(object, sha256, IMMUTABLE).await
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError> {
        let failed = |source: Cause| SinkError { name: stored.url.clone(), source };
        let key = format!("{}{}", self.prefix, stored.url);
        self.record(&key, stored.bytes, &stored.sha256).await.map_err(|error| failed(error.into()))?;
        let put = self.app.store.put_file(&key, content_type, Some(IMMUTABLE), path);
        put.await.map(drop).map_err(|error| failed(error.into()))
    }

    async fn fetch(&self, stored: &StoredObject) -> Result<Bytes, SinkError> {
        let failed = |source: Cause| SinkError { name: stored.url.clone(), source };
        let key = format!("{}{}", self.prefix, stored.url);
        let bytes =
            self.app.store.get_bytes(&key, stored.bytes).await.map_err(|error| failed(error.into()))?;
        let copy = bytes.clone();
        let digest = tokio::task::spawn_blocking(move || hex::encode(Sha256::digest(&copy))).await;
        match digest {
            Ok(digest) if digest == stored.sha256 => Ok(bytes),
            Ok(_) => Err(failed("it is not what was stored".into())),
            Err(error) => Err(failed(error.into())),
        }
    }

    async fn begun(&self, rendition: &Rendition) -> Result<(), SinkError> {
        let mut growth = self.growth.lock().await;
        let noted = self.in_transaction(async |tx| growth.begin(tx, rendition).await).await;
        noted.map_err(|error| unrecorded(rendition.track().folder(), error))
    }

    async fn grown(&self, folder: &str, index: usize, segment: &Segment) -> Result<(), SinkError> {
        let mut growth = self.growth.lock().await;
        let clock = &*self.app.clock;
        let noted =
            self.in_transaction(async |tx| growth.grow(tx, clock, folder, index, segment).await).await;
        drop(growth);
        let is_news = noted.map_err(|error| unrecorded(folder, error))?;
        self.put_growing(is_news).await
    }

    async fn ended(&self, folder: &str) -> Result<(), SinkError> {
        let mut growth = self.growth.lock().await;
        let noted = self.in_transaction(async |tx| growth.end(tx, folder).await).await;
        noted.map_err(|error| unrecorded(folder, error))
    }

    async fn dropped(&self, folder: &str) -> Result<(), SinkError> {
        let mut growth = self.growth.lock().await;
        let noted = self.in_transaction(async |tx| growth.forget(tx, folder).await).await;
        noted.map_err(|error| unrecorded(folder, error))
    }
}

pub(super) fn unrecorded(folder: &str, error: JobError) -> SinkError {
    SinkError { name: folder.to_owned(), source: error.into() }
}
