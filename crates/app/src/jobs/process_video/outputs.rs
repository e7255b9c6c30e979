//! Where a run's outputs go: objects under the generation's prefix, written down with their sizes and read back before
//! anything is published.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use telecine_db::objects::{self, Object};
use telecine_model::{FailureCode, VideoId, key};
use telecine_queue::{JobError, Run};
use telecine_video::package::{StoredObject, render_all};
use telecine_video::{Addressing, OutputObject, Package, Sink, SinkError};

use crate::App;

/// A generation's objects never change, so caches may keep them for good.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

type Cause = Box<dyn std::error::Error + Send + Sync>;

pub(super) struct OutputStore<'a> {
    run: &'a Run,
    app: &'a App,
    video: VideoId,
    generation: i64,
    prefix: String,
    /// Bytes of every object written, by name.
    written: Mutex<BTreeMap<String, u64>>,
}

impl<'a> OutputStore<'a> {
    pub(super) fn new(run: &'a Run, app: &'a App, video: VideoId, generation: i64) -> Self {
        let prefix = key::generation_prefix(video, generation);
        Self { run, app, video, generation, prefix, written: Mutex::default() }
    }

    /// Writes the playlists and manifests; every address in them is relative.
    pub(super) async fn put_documents(&self, package: &Package) -> Result<(), JobError> {
        for document in render_all(package, &Addressing::Relative) {
            let sha256 = hex::encode(Sha256::digest(&document.bytes));
            self.put(document, &sha256).await.map_err(|error| {
                tracing::warn!(%error, "a playlist could not be written");
                JobError::from(FailureCode::StorageUnavailable)
            })?;
        }
        Ok(())
    }

    /// Compares what storage lists with what was written: every object there, with its size, and no other.
    pub(super) async fn verify(&self) -> Result<(), FailureCode> {
        let listed = self.app.store.list(&self.prefix).await.map_err(|_| FailureCode::StorageUnavailable)?;
        let listed: BTreeMap<String, u64> = listed
            .into_iter()
            .map(|object| (object.key[self.prefix.len()..].to_owned(), object.size))
            .collect();
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if listed == *written { Ok(()) } else { Err(FailureCode::OutputInvalid) }
    }

    /// Writes the object down in the ledger, which only the run that holds the job can do.
    async fn record(&self, key: &str, size: u64, checksum: &str) -> Result<(), JobError> {
        let object = Object {
            key: key.to_owned(),
            owner: self.video,
            generation: self.generation,
            size,
            checksum: Some(checksum.to_owned()),
            created_at: self.app.clock.now_ms(),
        };
        let tx = self.run.begin().await?;
        objects::record(&tx, &object).await?;
        Ok(tx.commit().await?)
    }

    fn note(&self, name: String, bytes: u64) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(name, bytes);
    }
}

#[async_trait]
impl Sink for OutputStore<'_> {
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError> {
        let failed = |source: Cause| SinkError { name: object.name.clone(), source };
        let key = format!("{}{}", self.prefix, object.name);
        let size = object.bytes.len() as u64;
        self.record(&key, size, sha256).await.map_err(|error| failed(error.into()))?;
        let put = self.app.store.put_bytes(&key, object.content_type, Some(IMMUTABLE), object.bytes);
        put.await.map_err(|error| failed(error.into()))?;
        self.note(object.name, size);
        Ok(())
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
        put.await.map_err(|error| failed(error.into()))?;
        self.note(stored.url.clone(), stored.bytes);
        Ok(())
    }
}
