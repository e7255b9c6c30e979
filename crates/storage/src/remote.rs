//! Remote files into storage: one, or many side by side. Bytes stream through; nothing is kept on disk.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use telecine_model::Clock;
use telecine_outbound::{Fetched, Limits, Outbound, OutboundError};
use tracing::debug;
use url::Url;

use crate::client::{ObjectStore, random, retry_wait};
use crate::error::StoreError;

/// Files of a batch on their way at once, unless the caller says otherwise.
pub const DEFAULT_AT_ONCE: usize = 3;

/// Files of a batch on their way at once, at most: each may hold two parts in memory.
pub const MAX_AT_ONCE: usize = 32;

/// What the bytes are when the server tells nothing usable.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A remote file and where it goes.
#[derive(Debug, Clone)]
pub struct RemoteUpload {
    /// The address, which may have been typed in by anybody.
    pub url: Url,
    /// The key of the object.
    pub key: String,
    /// Its type; none takes the server's word as far as that is harmless.
    pub content_type: Option<String>,
}

/// How far one file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes received in this try.
    pub received: u64,
    /// Bytes announced, if they are.
    pub length: Option<u64>,
}

/// A remote file that is now an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub size: u64,
    /// Its type.
    pub content_type: String,
}

/// Why a remote file is no object.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The file cannot be had.
    #[error(transparent)]
    Remote(#[from] OutboundError),
    /// The object cannot be stored.
    #[error(transparent)]
    Store(StoreError),
}

impl RemoteError {
    /// The stable code for people and programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Remote(error) => error.code(),
            Self::Store(StoreError::TooLarge { .. }) => "remote_too_large",
            Self::Store(_) => "storage_unavailable",
        }
    }
}

impl From<StoreError> for RemoteError {
    /// A stream that broke is about the remote server, not about storage.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Source { operation, key, source } => match source.downcast::<OutboundError>() {
                Ok(remote) => Self::Remote(*remote),
                Err(source) => Self::Store(StoreError::Source { operation, key, source }),
            },
            error => Self::Store(error),
        }
    }
}

/// Copies remote files into a store.
#[derive(Clone)]
pub struct RemoteUploads {
    store: ObjectStore,
    outbound: Outbound,
    limits: Limits,
    clock: Arc<dyn Clock>,
}

impl RemoteUploads {
    /// Every file stays below `limits`.
    #[must_use]
    pub fn new(store: ObjectStore, outbound: Outbound, limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self { store, outbound, limits, clock }
    }

    /// Copies one file, telling `progress` how far it is. What can pass is tried again after 1, 2 and 4 s.
    ///
    /// # Errors
    /// The file cannot be had or stored. An object of it may be there all the same when storage did not answer at the very
    /// end; deleting the key is always safe.
    pub async fn upload_from_url(
        &self,
        upload: &RemoteUpload,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Uploaded, RemoteError> {
        let mut tries_made = 0;
        loop {
            let error = match self.try_once(upload, &progress).await {
                Ok(uploaded) => return Ok(uploaded),
                Err(error) => error,
            };
            tries_made += 1;
            // The store has been patient already.
            let remote = match &error {
                RemoteError::Remote(remote) if remote.is_transient() => remote,
                _ => return Err(error),
            };
            let Some(wait) = retry_wait(tries_made, remote.retry_after(), random()) else {
                return Err(error);
            };
            debug!(%error, tries_made, "a remote file is fetched again");
            self.pause(wait).await;
        }
    }

    /// Copies many files, `at_once` at a time (1 to 32). A failed one does not stop the others; the results stand in the
    /// order of `uploads`. `progress` gets the place of the file in `uploads`.
    pub async fn upload_from_urls(
        &self,
        uploads: &[RemoteUpload],
        at_once: usize,
        progress: impl Fn(usize, Progress) + Send + Sync,
    ) -> Vec<Result<Uploaded, RemoteError>> {
        let progress = &progress;
        // Collected, because a lazy closure inside the stream would keep callers from being `Send`.
        let copying: Vec<_> = uploads
            .iter()
            .enumerate()
            .map(|(place, upload)| async move {
                (place, self.upload_from_url(upload, move |so_far| progress(place, so_far)).await)
            })
            .collect();
        // In the order of their ends, so that a slow file holds up no other one.
        let ended = futures::stream::iter(copying).buffer_unordered(at_once.clamp(1, MAX_AT_ONCE));
        let mut results: Vec<_> = ended.collect().await;
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    async fn try_once(
        &self,
        upload: &RemoteUpload,
        progress: &(impl Fn(Progress) + Send + Sync),
    ) -> Result<Uploaded, RemoteError> {
        let fetched = self.outbound.fetch(&upload.url, self.limits, self.clock.now()).await?;
        let content_type = match &upload.content_type {
            Some(content_type) => content_type.clone(),
            None => harmless_type(fetched.content_type()),
        };
        let bytes = watched(fetched, progress);
        let size = self.store.put_stream(&upload.key, &content_type, self.limits.max_bytes, bytes).await?;
        Ok(Uploaded { key: upload.key.clone(), size, content_type })
    }

    async fn pause(&self, wait: Duration) {
        self.clock.sleep_until(self.clock.now() + wait).await;
    }
}

/// The body as a stream that tells how far it is.
fn watched(
    fetched: Fetched,
    progress: &(impl Fn(Progress) + Send + Sync),
) -> impl Stream<Item = Result<Bytes, OutboundError>> + Send {
    let length = fetched.length();
    futures::stream::try_unfold((fetched, 0), move |(mut fetched, received)| async move {
        let Some(chunk) = fetched.chunk().await? else { return Ok(None) };
        let received = received + chunk.len() as u64;
        progress(Progress { received, length });
        Ok(Some((chunk, (fetched, received))))
    })
}

/// Pages, scripts and drawings with scripts would run where the objects lie: only what cannot is believed.
fn harmless_type(told: Option<String>) -> String {
    let is_media = |told: &String| ["image/", "video/", "audio/"].iter().any(|kind| told.starts_with(kind));
    told.filter(|told| is_media(told) && told != "image/svg+xml").unwrap_or_else(|| UNKNOWN_TYPE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_sound_and_film_keep_the_type_they_are_told() {
        let kept = |told: &str| harmless_type(Some(told.to_owned())) == told;
        assert!(kept("image/webp") && kept("video/mp4") && kept("audio/mpeg"));
        assert!(!kept("text/html") && !kept("image/svg+xml") && !kept("application/xhtml+xml") && !kept(""));
        assert_eq!(harmless_type(None), UNKNOWN_TYPE);
    }
}
