//! Where results go, as they are made.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;

use crate::package::{Rendition, Segment, StoredObject};

/// One finished object.
#[derive(Debug, Clone)]
pub struct OutputObject {
    /// Name under the prefix of the package, such as `v1080/seg_000.m4s`.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// The whole object.
    pub bytes: Bytes,
}

/// Takes finished objects; in production it uploads them. While it works, the encoder waits: its pipe fills up.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Stores an object with this hex SHA-256. Returns once it is stored for good.
    ///
    /// # Errors
    /// An error ends the whole run, so retries belong into the sink.
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError>;

    /// Stores a file of the scratch directory under the name that is its address, which may be too large for memory and is removed afterwards.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    async fn put_file(
        &self,
        stored: &StoredObject,
        content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError>;

    /// Reads back an object that an earlier run has stored; only asked of a sink whose runs go on where others ended.
    ///
    /// # Errors
    /// As for [`put`](Self::put); also when it is not what was stored.
    async fn fetch(&self, stored: &StoredObject) -> Result<Bytes, SinkError> {
        Err(SinkError { name: stored.url.clone(), source: "nothing is read back from here".into() })
    }

    /// Told that a rendition begins: its init segment has been stored, and it has no media segments yet.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    async fn begun(&self, _rendition: &Rendition) -> Result<(), SinkError> {
        Ok(())
    }

    /// Told that the rendition in `folder` has grown by its segment number `index`, which has been stored.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    async fn grown(&self, _folder: &str, _index: usize, _segment: &Segment) -> Result<(), SinkError> {
        Ok(())
    }

    /// Told that the rendition in `folder` is whole.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    async fn ended(&self, _folder: &str) -> Result<(), SinkError> {
        Ok(())
    }

    /// Told that the rendition in `folder` will not be finished and should not be played any more.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    async fn dropped(&self, _folder: &str) -> Result<(), SinkError> {
        Ok(())
    }
}

/// An object could not be stored.
#[derive(Debug, thiserror::Error)]
#[error("cannot store {name}")]
pub struct SinkError {
    /// The object.
    pub name: String,
    /// What the storage said.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
