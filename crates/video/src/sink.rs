//! Where results go, as they are made.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;

use crate::package::StoredObject;

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
