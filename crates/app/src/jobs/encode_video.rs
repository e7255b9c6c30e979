//! `encode-video`: makes what `process-video` has left, which is nearly all of the work, and publishes the video.
//!
//! One film is encoded at a time, short ones first; a machine has no use for two encoders that wait for each other. What a
//! run has stored stays when it is cut off: the next one goes on at the first segment that is missing.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::videos::{self, Video};
use telecine_db::{DbError, Tx, jobs};
use telecine_model::{Clock, Failure, JobState, VideoId, VideoStatus};
use telecine_queue::{Job, JobError, Run};
use telecine_video::{Plan, Wishes};

use super::processing::{self, Processing};
use crate::App;

/// The rest of the work on one generation of a video.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncodeVideo {
    video_id: VideoId,
    generation: i64,
    /// The job that waits for this one.
    job: String,
    wishes: Wishes,
    /// Whether the pictures are copied before any is encoded.
    copies: bool,
    /// Length of the video, for the order of the jobs.
    minutes: i32,
}

impl EncodeVideo {
    pub(super) fn after(run: &Run, work: &Processing<'_>, plan: &Plan) -> Self {
        let seconds = plan.file_duration.unwrap_or_default().clamp(0.0, MAX_SECONDS);
        Self {
            video_id: work.video(),
            generation: work.generation(),
            job: run.lease().job_id.clone(),
            wishes: work.wishes().clone(),
            copies: plan.video.as_ref().is_some_and(|video| video.copy.is_some()),
            #[expect(clippy::cast_possible_truncation, reason = "a week at most")]
            minutes: (seconds / 60.0) as i32,
        }
    }

    /// The id of the job for a generation.
    pub(super) fn id_of(video: VideoId, generation: i64) -> String {
        format!("encode-video-{video}-{generation}")
    }

    /// The video, if it is still this job's to encode.
    async fn video(&self, app: &App) -> Result<Option<Video>, DbError> {
        let waiting = jobs::find(app.db.read(), &self.job).await?;
        if waiting.is_some_and(|job| job.state != JobState::WaitingChildren) {
            return Ok(None);
        }
        let video = videos::find(app.db.read(), self.video_id).await?;
        Ok(video.filter(|v| v.status == VideoStatus::Processing && v.generation == self.generation))
    }
}

/// Longer than any film.
const MAX_SECONDS: f64 = 7.0 * 24.0 * 3600.0;

impl Job<App> for EncodeVideo {
    const QUEUE: &'static str = "video-encoding";
    const NAME: &'static str = "encode-video";
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(5);
    // Above the most that `video.max_run_seconds` takes: the encoder has limits of its own, made for the file at hand.
    const TIMEOUT: Duration = Duration::from_secs(30 * 3600);
    const CONCURRENCY: usize = 1;

    fn id(&self) -> String {
        Self::id_of(self.video_id, self.generation)
    }

    fn subject(&self) -> Option<String> {
        Some(self.video_id.to_string())
    }

    fn priority(&self) -> i32 {
        1 + self.minutes
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some(video) = self.video(app).await? else { return Ok(()) };
        // People have seen that it has begun.
        run.set_progress(video.progress.max(processing::DOWNLOAD_SHARE));
        let work = Processing::take_over(run, app, &video, self.generation, self.wishes.clone()).await?;
        let done = self.encode(&work).await;
        work.close().await;
        done
    }

    async fn progressed(&self, tx: &Tx, clock: &dyn Clock, progress: f64) -> Result<(), DbError> {
        videos::set_progress(tx, self.video_id, progress, clock.now_ms()).await.map(drop)
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        match videos::find(tx.conn(), self.video_id).await? {
            Some(video) if video.generation == self.generation => {
                processing::failed(tx, clock, &video, failure).await
            }
            _ => Ok(()),
        }
    }

    /// What was stored is gone: the job that began it begins again.
    async fn retried(&self, tx: &Tx, clock: &dyn Clock) -> Result<(), DbError> {
        let now = clock.now_ms();
        let video = videos::find(tx.conn(), self.video_id).await?;
        let is_newest = video.is_some_and(|video| video.generation == self.generation);
        if is_newest && jobs::retry(tx, &self.job, now).await?.is_some() {
            processing::begin_again(tx, self.video_id, now).await?;
        }
        Ok(())
    }
}

impl EncodeVideo {
    async fn encode(&self, work: &Processing<'_>) -> Result<(), JobError> {
        work.download(&|_| {}).await?;
        let plan = work.prepare().await?;
        let plan = if self.copies { plan } else { plan.without_copy() };
        work.run(&plan, &work.stored().await?).await
    }
}
