//! `import-video`: brings the file of a video from elsewhere into storage, and has it processed. It waits for other people's
//! servers, so it takes no place among the videos that are being processed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::{DbError, Tx, videos};
use telecine_model::{Clock, Failure, VideoId, VideoStatus};
use telecine_queue::{Job, JobError, Run};
use url::Url;

use super::process_video::fetch_missing;
use super::{ProcessVideo, processing};
use crate::App;

/// Brings the file of one video.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportVideo {
    video_id: VideoId,
    video_url: Url,
}

impl ImportVideo {
    pub(crate) fn of(video_id: VideoId, video_url: Url) -> Self {
        Self { video_id, video_url }
    }

    /// The id of the job that brings the file of this video.
    pub(crate) fn id_of(video_id: VideoId) -> String {
        format!("import-video-{video_id}")
    }
}

impl Job<App> for ImportVideo {
    const QUEUE: &'static str = "asset-upload";
    const NAME: &'static str = "import-video";
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(5);
    // Above the longest fetch of a file from elsewhere.
    const TIMEOUT: Duration = Duration::from_secs(25 * 3600);
    const CONCURRENCY: usize = 2;

    fn id(&self) -> String {
        Self::id_of(self.video_id)
    }

    fn subject(&self) -> Option<String> {
        Some(self.video_id.to_string())
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        fetch_missing(run, app, self.video_id, self.video_url.clone()).await?;
        let tx = run.begin().await?;
        let video = videos::find(tx.conn(), self.video_id).await?;
        if video.is_some_and(|video| video.status == VideoStatus::Processing) {
            telecine_queue::add(&tx, &*app.clock, &ProcessVideo::of(self.video_id)).await?;
        }
        run.complete(tx).await
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        let Some(video) = videos::find(tx.conn(), self.video_id).await? else { return Ok(()) };
        processing::failed(tx, clock, &video, failure).await
    }

    async fn retried(&self, tx: &Tx, clock: &dyn Clock) -> Result<(), DbError> {
        videos::mark_processing_again(tx, self.video_id, clock.now_ms()).await.map(drop)
    }
}
