//! `expire-upload`: looks after an upload that nobody completes.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use telecine_db::uploads::Upload;
use telecine_db::{captions, objects, uploads, videos};
use telecine_model::{FailureCode, UploadMode, UploadStatus, VideoId};
use telecine_queue::{Job, JobError, Kept, Run};

use super::delete_video::delete_objects;
use super::failed::storage_failed;
use crate::uploads::{Completion, complete_if_arrived, extend_until};
use crate::{App, AppError};

/// How long an expired upload is remembered, so that a late `complete` learns what has become of it.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);
/// A request that was begun before its address expired may still be sending.
const LAST_BYTES: Duration = Duration::from_secs(60);

/// Waits until the upload has rested for too long. If everything has arrived all the same, because the browser was
/// closed before it could say so, processing starts; otherwise what has arrived is removed. Some days later the rows go.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireUpload {
    video_id: VideoId,
}

impl ExpireUpload {
    pub(crate) fn of(video_id: VideoId) -> Self {
        Self { video_id }
    }

    /// The id of the job that looks after the upload of this video.
    pub(crate) fn id_of(video_id: VideoId) -> String {
        format!("expire-upload-{video_id}")
    }
}

impl Job<App> for ExpireUpload {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "expire-upload";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(1800);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn id(&self) -> String {
        Self::id_of(self.video_id)
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some(upload) = uploads::find_by_video(app.db.read(), self.video_id).await? else { return Ok(()) };
        match upload.status {
            UploadStatus::Stored => Ok(()),
            UploadStatus::Open => self.look_after(run, app, &upload).await,
            UploadStatus::Expired => self.clean_up(run, app, &upload).await,
        }
    }
}

impl ExpireUpload {
    async fn look_after(&self, run: &Run, app: &App, upload: &Upload) -> Result<(), JobError> {
        if videos::find(app.db.read(), self.video_id).await?.is_none() {
            // The video was deleted, and its own job removes everything.
            return Ok(());
        }
        if let Some(left) = left_until(app, upload.expires_at, Duration::ZERO) {
            return Err(JobError::Snooze(left));
        }
        match complete_if_arrived(app, upload).await.map_err(|error| self.not_known(&error))? {
            Completion::Complete => Ok(()),
            Completion::ActiveUntil(until) => {
                extend_until(app, upload.id, until).await?;
                Err(JobError::Snooze(left_until(app, until, Duration::ZERO).unwrap_or_default()))
            }
            Completion::Incomplete => match left_until(app, upload.expires_at, last_bytes(upload)) {
                Some(left) => Err(JobError::Snooze(left)),
                None => self.expire(run, app, upload).await,
            },
        }
    }

    async fn expire(&self, run: &Run, app: &App, upload: &Upload) -> Result<(), JobError> {
        let now = app.clock.now_ms();
        let tx = run.begin().await?;
        if !uploads::mark_expired(&tx, upload.id, now).await? {
            // Completed or prolonged since the look above.
            return Err(JobError::Snooze(Duration::ZERO));
        }
        videos::mark_deleted(&tx, self.video_id, now).await?;
        tx.commit().await?;
        tracing::info!(upload.id = %upload.id, "the upload has expired");
        self.clean_up(run, app, upload).await
    }

    /// Removes what has arrived, and at last the rows.
    async fn clean_up(&self, run: &Run, app: &App, upload: &Upload) -> Result<(), JobError> {
        delete_objects(app, self.video_id).await.map_err(|error| storage_failed(self.video_id, &error))?;
        let tx = run.begin().await?;
        objects::strike_owner(&tx, self.video_id).await?;
        for wait in [LAST_BYTES, REMEMBERED] {
            if let Some(left) = left_until(app, upload.expires_at, wait) {
                tx.commit().await?;
                return Err(JobError::Snooze(left));
            }
        }
        uploads::delete_by_video(&tx, self.video_id).await?;
        captions::delete_of_video(&tx, self.video_id).await?;
        videos::delete(&tx, self.video_id).await?;
        run.complete(tx).await
    }

    fn not_known(&self, error: &AppError) -> JobError {
        tracing::warn!(video.id = %self.video_id, %error, "it is not known whether an upload has arrived");
        FailureCode::StorageUnavailable.into()
    }
}

/// A file that comes in one request is not seen before it is whole.
fn last_bytes(upload: &Upload) -> Duration {
    match upload.mode {
        UploadMode::Put | UploadMode::Form => LAST_BYTES,
        UploadMode::Multipart { .. } | UploadMode::FreeParts => Duration::ZERO,
    }
}

/// The time from now until `wait` after `ms`; `None` when it has passed.
fn left_until(app: &App, ms: i64, wait: Duration) -> Option<Duration> {
    let until = Timestamp::from_millisecond(ms).ok()? + wait;
    Duration::try_from(until - app.clock.now()).ok().filter(|left| !left.is_zero())
}
