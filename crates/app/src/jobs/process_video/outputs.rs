//! Where a run's outputs go: objects under the generation's prefix, written down with their sizes and read back before
//! anything is published.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use telecine_model::FailureCode;
use telecine_queue::JobError;
use telecine_storage::ObjectStore;
use telecine_video::package::render_all;
use telecine_video::{Addressing, OutputObject, Package, Sink, SinkError};

/// A generation's objects never change, so caches may keep them for good.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

pub(super) struct OutputStore {
    store: ObjectStore,
    prefix: String,
    /// Bytes of every object written, by name.
    written: Mutex<BTreeMap<String, u64>>,
}

impl OutputStore {
    pub(super) fn new(store: ObjectStore, prefix: String) -> Self {
        Self { store, prefix, written: Mutex::default() }
    }

    /// Writes the playlists and manifests; every address in them is relative.
    pub(super) async fn put_documents(&self, package: &Package) -> Result<(), JobError> {
        for document in render_all(package, &Addressing::Relative) {
            self.put(document).await.map_err(|error| {
                tracing::warn!(%error, "a playlist could not be written");
                JobError::from(FailureCode::StorageUnavailable)
            })?;
        }
        Ok(())
    }

    /// Compares what storage lists with what was written: every object there, with its size, and no other.
    pub(super) async fn verify(&self) -> Result<(), FailureCode> {
        let listed = self.store.list(&self.prefix).await.map_err(|_| FailureCode::StorageUnavailable)?;
        let listed: BTreeMap<String, u64> = listed
            .into_iter()
            .map(|object| (object.key[self.prefix.len()..].to_owned(), object.size))
            .collect();
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if listed == *written { Ok(()) } else { Err(FailureCode::OutputInvalid) }
    }

    fn note(&self, name: String, bytes: u64) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(name, bytes);
    }
}

#[async_trait]
impl Sink for OutputStore {
    async fn put(&self, object: OutputObject) -> Result<(), SinkError> {
        let key = format!("{}{}", self.prefix, object.name);
        let bytes = object.bytes.len() as u64;
        self.store
            .put_bytes(&key, object.content_type, Some(IMMUTABLE), object.bytes)
            .await
            .map_err(|source| SinkError { name: object.name.clone(), source: source.into() })?;
        self.note(object.name, bytes);
        Ok(())
    }

    async fn put_file(&self, name: &str, content_type: &'static str, path: &Path) -> Result<(), SinkError> {
        let key = format!("{}{name}", self.prefix);
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| SinkError { name: name.to_owned(), source };
        let bytes = tokio::fs::metadata(path).await.map_err(|error| failed(error.into()))?.len();
        let stored = self.store.put_file(&key, content_type, Some(IMMUTABLE), path).await;
        stored.map_err(|error| failed(error.into()))?;
        self.note(name.to_owned(), bytes);
        Ok(())
    }
}
