//! `delete-outputs`: removes what an unfinished processing has left in storage.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::videos;
use telecine_model::{FailureCode, VideoId, key};
use telecine_queue::{Job, JobError, Kept, Run};
use telecine_storage::StoreError;

use crate::App;

/// Removes every object of the video but its source and its published generation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteOutputs {
    video_id: VideoId,
}

impl DeleteOutputs {
    pub(crate) fn of(video_id: VideoId) -> Self {
        Self { video_id }
    }
}

impl Job<App> for DeleteOutputs {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "delete-outputs";
    const ATTEMPTS: i32 = 10;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn subject(&self) -> Option<String> {
        Some(self.video_id.to_string())
    }

    async fn run(&self, _run: &Run, app: &App) -> Result<(), JobError> {
        let Some(video) = videos::find(app.db.read(), self.video_id).await? else { return Ok(()) };
        delete_all_but(app, self.video_id, video.published_generation)
            .await
            .map_err(|error| storage_failed(self.video_id, &error))
    }
}

/// Removes every object of the video but its source and one generation.
pub(super) async fn delete_all_but(app: &App, video: VideoId, kept: Option<i64>) -> Result<(), StoreError> {
    let source = key::source(video);
    let kept = kept.map(|generation| key::generation_prefix(video, generation));
    for object in app.store.list(&key::video_prefix(video)).await? {
        let is_kept =
            object.key == source || kept.as_ref().is_some_and(|prefix| object.key.starts_with(prefix));
        if !is_kept {
            app.store.delete(&object.key).await?;
        }
    }
    Ok(())
}

/// Logs what storage said and turns it into the failure people see.
pub(super) fn storage_failed(video: VideoId, error: &StoreError) -> JobError {
    tracing::warn!(video.id = %video, %error, "object storage failed");
    match error {
        StoreError::NotFound { .. } => FailureCode::SourceMissing.into(),
        StoreError::Changed { .. } => FailureCode::SourceChanged.into(),
        _ => FailureCode::StorageUnavailable.into(),
    }
}
