//! `delete-video`: removes every object and row of a video that has been deleted.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::uploads::Upload;
use telecine_db::{captions, jobs, objects, recordings, uploads, videos, watermarks};
use telecine_model::{VideoId, key};
use telecine_queue::{Job, JobError, Kept, Run};
use telecine_storage::StoreError;

use super::ExpireUpload;
use super::PurgeCdn;
use super::failed::storage_failed;
use crate::App;

/// The wait while another worker is still letting go of the video.
const WAIT_FOR_WORKER: Duration = Duration::from_secs(1);
/// After an address has expired, a slow client may still be sending its last bytes.
const LAST_BYTES: Duration = Duration::from_secs(60);

/// Removes the objects, then the rows. An address that was signed for the upload could still bring the source back, or a
/// part that was under way when its upload was aborted; so after the last address has expired the job looks once more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteVideo {
    video_id: VideoId,
    /// When the last address of the upload expires, in milliseconds since 1970.
    #[serde(default)]
    put_expires_at: Option<i64>,
}

impl DeleteVideo {
    /// The id of the job that deletes this video.
    pub(crate) fn id_of(video_id: VideoId) -> String {
        format!("delete-video-{video_id}")
    }

    pub(crate) fn of(video_id: VideoId, upload: Option<&Upload>) -> Self {
        Self { video_id, put_expires_at: upload.map(|upload| upload.expires_at) }
    }
}

impl Job<App> for DeleteVideo {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "delete-video";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn id(&self) -> String {
        Self::id_of(self.video_id)
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        if jobs::any_active_of_subject(app.db.read(), &self.video_id.to_string()).await? {
            return Err(JobError::Snooze(WAIT_FOR_WORKER));
        }
        delete_objects(app, self.video_id).await.map_err(|error| storage_failed(self.video_id, &error))?;
        let tx = run.begin().await?;
        uploads::delete_by_video(&tx, self.video_id).await?;
        let gone = objects::of_owner(tx.conn(), self.video_id).await?;
        PurgeCdn::add(&tx, app, gone.into_iter().map(|object| object.key).collect()).await?;
        objects::strike_owner(&tx, self.video_id).await?;
        recordings::strike_video(&tx, self.video_id).await?;
        captions::delete_of_video(&tx, self.video_id).await?;
        watermarks::delete(&tx, self.video_id).await?;
        jobs::delete_by_subject(&tx, &self.video_id.to_string()).await?;
        jobs::remove_waiting(&tx, &ExpireUpload::id_of(self.video_id)).await?;
        videos::delete(&tx, self.video_id).await?;
        match self.left_of_put(app) {
            None => run.complete(tx).await,
            Some(left) => {
                tx.commit().await?;
                Err(JobError::Snooze(left))
            }
        }
    }
}

impl DeleteVideo {
    /// How long bytes may still arrive.
    fn left_of_put(&self, app: &App) -> Option<Duration> {
        let until = jiff::Timestamp::from_millisecond(self.put_expires_at?).ok()? + LAST_BYTES;
        Duration::try_from(until - app.clock.now()).ok().filter(|left| !left.is_zero())
    }
}

/// Removes everything of the video from storage. What cannot be removed does not stop the rest; the first such failure is
/// returned, so that the job comes back for it.
pub(super) async fn delete_objects(app: &App, video: VideoId) -> Result<(), StoreError> {
    let prefix = key::video_prefix(video);
    let mut done = Ok(());
    // MinIO lists the uploads of a whole key only.
    for listed in [&prefix, &key::source(video)] {
        match app.store.list_multipart_uploads(listed).await {
            Ok(uploads) => {
                for upload in uploads {
                    done = done.and(app.store.abort_multipart(&upload.key, &upload.upload_id).await);
                }
            }
            Err(error) => done = done.and(Err(error)),
        }
    }
    done = done.and(app.store.delete_prefix(&prefix).await.map(drop));
    app.urls.forget_prefix(&prefix).await;
    done
}
