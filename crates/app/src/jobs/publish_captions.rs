//! `publish-captions`: writes the documents of a video's published generation that name what people have given.
//!
//! Documents are immutable, so that a CDN may keep them for a year. Those that know a later revision of the captions have
//! names with its number, `master.r3.m3u8`, and the video's row says which viewers get. Without captions, and until they are
//! written, these are the documents that came with the generation.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use telecine_db::Tx;
use telecine_db::objects::{self, Object};
use telecine_db::videos::{self, Video};
use telecine_model::{FailureCode, VideoId, key};
use telecine_queue::{Job, JobError, Kept, Run};
use telecine_video::package::render_revision;
use telecine_video::{OutputObject, Package};

use super::DeleteCaptions;
use super::failed::storage_failed;
use crate::playback::published_package;
use crate::{App, AppError, captions};

/// A revision's documents never change.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Brings the documents of a video up to date.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishCaptions {
    video_id: VideoId,
}

impl PublishCaptions {
    pub(crate) fn of(video_id: VideoId) -> Self {
        Self { video_id }
    }

    /// Added with the publication of a generation: its own documents know nothing of what people have given before.
    pub(super) async fn after(tx: &Tx, app: &App, video_id: VideoId) -> Result<(), JobError> {
        let video = videos::find(tx.conn(), video_id).await?;
        if video.is_some_and(|video| video.captions_revision > 0) {
            telecine_queue::add(tx, &*app.clock, &Self::of(video_id)).await?;
        }
        Ok(())
    }
}

impl Job<App> for PublishCaptions {
    const QUEUE: &'static str = "captions";
    const NAME: &'static str = "publish-captions";
    const ATTEMPTS: i32 = 100;
    const BACKOFF: Duration = Duration::from_secs(1);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn subject(&self) -> Option<String> {
        Some(self.video_id.to_string())
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some(video) = videos::find(app.db.read(), self.video_id).await? else { return Ok(()) };
        // The revision first: captions that are given meanwhile have a job of their own, which writes the next one.
        let (revision, generation) = (video.captions_revision, video.published_generation);
        let Some(generation) = generation.filter(|_| !video.is_growing()) else {
            return Ok(());
        };
        if revision <= video.documents_revision {
            return Ok(());
        }
        let package = package(app, &video, generation).await.map_err(|error| self.not_made(&error))?;
        for document in render_revision(&package, revision) {
            self.put(run, app, generation, document).await?;
        }
        self.publish(run, app, &video, generation).await
    }
}

async fn package(app: &App, video: &Video, generation: i64) -> Result<Package, AppError> {
    let given = captions::given(&app.db, video).await?;
    let package: Arc<Package> = published_package(app, &key::generation_prefix(video.id, generation)).await?;
    Ok(package.with_subtitles(&given))
}

impl PublishCaptions {
    async fn put(
        &self,
        run: &Run,
        app: &App,
        generation: i64,
        document: OutputObject,
    ) -> Result<(), JobError> {
        let object = Object {
            key: format!("{}{}", key::generation_prefix(self.video_id, generation), document.name),
            owner: self.video_id.into(),
            generation,
            size: document.bytes.len() as u64,
            checksum: Some(hex::encode(Sha256::digest(&document.bytes))),
            created_at: app.clock.now_ms(),
        };
        let tx = run.begin().await?;
        objects::record(&tx, &object).await?;
        tx.commit().await?;
        let put = app.store.put_bytes(&object.key, document.content_type, Some(IMMUTABLE), document.bytes);
        put.await.map_err(|error| storage_failed(self.video_id, &error))
    }

    async fn publish(&self, run: &Run, app: &App, video: &Video, generation: i64) -> Result<(), JobError> {
        let (revision, now) = (video.captions_revision, app.clock.now());
        let tx = run.begin().await?;
        let is_published =
            videos::set_documents_revision(&tx, video.id, generation, revision, now.as_millisecond()).await?;
        // Whoever has published something newer removes these.
        if is_published {
            let later = (now + captions::WATCHED_TO_THE_END).as_millisecond();
            let earlier = DeleteCaptions::documents(video.id, generation, revision);
            telecine_queue::add_at(&tx, &*app.clock, &earlier, later).await?;
        }
        run.complete(tx).await
    }

    fn not_made(&self, error: &AppError) -> JobError {
        tracing::warn!(video.id = %self.video_id, %error, "playlists with new captions could not be made");
        match error {
            AppError::Store(_) | AppError::StorageUnavailable => FailureCode::StorageUnavailable.into(),
            _ => FailureCode::Internal.into(),
        }
    }
}
