//! Where the rungs of one chunk go: beside those of the other chunks, for the run that puts them together.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use telecine_db::recordings::{self, Entry};
use telecine_video::package::{Rendition, Segment, StoredObject};
use telecine_video::{OutputObject, Sink, SinkError};

use super::growth::json;
use super::outputs::{OutputStore, unrecorded};

/// Viewers are told of nothing: they have the first rendition, which is whole.
pub(super) struct ChunkStore<'a>(pub(super) OutputStore<'a>);

#[async_trait]
impl Sink for ChunkStore<'_> {
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError> {
        self.0.put(object, sha256).await
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError> {
        self.0.put_file(stored, content_type, path).await
    }

    async fn fetch(&self, stored: &StoredObject) -> Result<Bytes, SinkError> {
        self.0.fetch(stored).await
    }

    /// The first chunk that begins decides how the rendition begins. All others have to begin in the same way.
    async fn begun(&self, rendition: &Rendition) -> Result<(), SinkError> {
        let (video, generation, folder) = (self.0.video, self.0.generation, rendition.track().folder());
        let ours = json(rendition);
        let head = self
            .0
            .in_transaction(async |tx| recordings::head_or(tx, video, generation, folder, ours).await)
            .await
            .map_err(|error| unrecorded(folder, error))?;
        let differs = |why: &str| SinkError { name: folder.to_owned(), source: why.into() };
        let head: Rendition = serde_json::from_str(&head).map_err(|error| differs(&error.to_string()))?;
        if head.track().init.0.sha256 == rendition.track().init.0.sha256 {
            Ok(())
        } else {
            Err(differs("another version of ffmpeg has begun it in another way"))
        }
    }

    async fn grown(&self, folder: &str, index: usize, segment: &Segment) -> Result<(), SinkError> {
        let seq = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
        let entry = Entry { rendition: folder.to_owned(), seq, entry: json(segment) };
        let (video, generation) = (self.0.video, self.0.generation);
        let noted = self.0.in_transaction(async |tx| recordings::record(tx, video, generation, &entry).await);
        noted.await.map_err(|error| unrecorded(folder, error))
    }

    async fn ended(&self, _folder: &str) -> Result<(), SinkError> {
        Ok(())
    }

    async fn dropped(&self, folder: &str) -> Result<(), SinkError> {
        Err(SinkError { name: folder.to_owned(), source: "other chunks of it are there".into() })
    }
}
