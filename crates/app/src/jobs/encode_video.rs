//! `encode-video`: makes what `process-video` has left, which is nearly all of the work, and publishes the video.
//!
//! One film is encoded at a time, short ones first; a machine has no use for two encoders that wait for each other. What a
//! run has stored stays when it is cut off: the next one goes on at the first segment that is missing. When other workers
//! have nothing to do, a long film becomes chunks for all of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::videos::{self, Video};
use telecine_db::{DbError, Tx, jobs};
use telecine_model::{Clock, Failure, JobState, VideoId, VideoStatus};
use telecine_queue::{Job, JobError, OnChildFailure, Run};
use telecine_video::package::Rendition;
use telecine_video::{Chunk, Plan, Wishes};

use super::EncodeChunk;
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

    /// Cancels the job for a generation, with its chunks.
    pub(super) async fn cancel(tx: &Tx, video: VideoId, generation: i64, now: i64) -> Result<(), DbError> {
        let id = Self::id_of(video, generation);
        jobs::cancel(tx, &id, now).await?;
        cancel_chunks(tx, &id, now).await
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
        let work =
            Processing::take_over(run, app, &video, self.generation, self.wishes.clone(), None).await?;
        self.encode(run, app, work).await
    }

    async fn progressed(&self, tx: &Tx, clock: &dyn Clock, progress: f64) -> Result<(), DbError> {
        videos::set_progress(tx, self.video_id, progress, clock.now_ms()).await.map(drop)
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        cancel_chunks(tx, &Job::<App>::id(self), clock.now_ms()).await?;
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
    /// Makes and publishes everything; or hands it out in chunks and waits for them.
    async fn encode(&self, run: &Run, app: &App, work: Processing<'_>) -> Result<(), JobError> {
        match self.begin_work(run, app, &work).await {
            Ok((plan, chunks)) if !chunks.is_empty() => self.hand_out(run, app, work, &plan, chunks).await,
            done => {
                work.close().await;
                done.map(drop)
            }
        }
    }

    /// Does everything, or what is made of the whole film before it is split into the returned chunks.
    async fn begin_work(
        &self,
        run: &Run,
        app: &App,
        work: &Processing<'_>,
    ) -> Result<(Plan, Vec<Chunk>), JobError> {
        let plan = work.prepare_again(self.copies).await?;
        let mut stored = work.stored().await?;
        let made = run.children().await?;
        if made.is_empty() {
            let chunks = chunks(run, app, &plan, &stored).await?;
            if !chunks.is_empty() {
                work.run_first_pass(&plan, &stored).await?;
                return Ok((plan, chunks));
            }
        }
        // Where a chunk has failed, its first missing segment is where this run goes on.
        if !made.is_empty() && made.iter().all(|chunk| chunk.state == JobState::Completed) {
            stored.iter_mut().for_each(|rendition| rendition.track_mut().complete = true);
        }
        work.run(&plan, &stored).await?;
        Ok((plan, Vec::new()))
    }

    async fn hand_out(
        &self,
        run: &Run,
        app: &App,
        work: Processing<'_>,
        plan: &Plan,
        chunks: Vec<Chunk>,
    ) -> Result<(), JobError> {
        let job = |chunk| EncodeChunk {
            video_id: self.video_id,
            generation: self.generation,
            wishes: self.wishes.clone(),
            copies: self.copies,
            priority: Job::<App>::priority(self),
            chunk,
            rung: plan.largest_rung().unwrap_or_default(),
            segments: plan.segments(),
        };
        let children = chunks.into_iter().map(|chunk| {
            let row = telecine_queue::row(&*app.clock, &job(chunk))?;
            Ok((row, OnChildFailure::Ignore))
        });
        let children: Vec<_> = children.collect::<Result<_, DbError>>()?;
        tracing::info!(video.id = %self.video_id, chunks = children.len(), "the video is encoded by several workers");
        run.set_progress(processing::CHUNKS_FROM);
        work.leave_source().await;
        let tx = run.begin().await?;
        run.wait_for(tx, children).await
    }
}

async fn cancel_chunks(tx: &Tx, film: &str, now: i64) -> Result<(), DbError> {
    for chunk in jobs::children_of(tx.conn(), film).await? {
        jobs::cancel(tx, &chunk.id, now).await?;
    }
    Ok(())
}

/// The chunks for the workers that have nothing to do and for this one; none when there are no others, or when the ladder was
/// begun in another way.
async fn chunks(run: &Run, app: &App, plan: &Plan, stored: &[Rendition]) -> Result<Vec<Chunk>, DbError> {
    let least = f64::from(app.video.split_seconds);
    let has_begun =
        stored.iter().any(|rendition| Some(rendition.track().folder()) == plan.largest_rung().as_deref());
    let is_long =
        plan.video.as_ref().and_then(|video| video.duration).is_some_and(|seconds| seconds >= least);
    if has_begun || !is_long || app.video.split_seconds == 0 {
        return Ok(Vec::new());
    }
    let (queue, now) = (<EncodeVideo as Job<App>>::QUEUE, app.clock.now_ms());
    let idle = jobs::idle_elsewhere(app.db.read(), queue, &run.lease().job_id, now).await?;
    Ok(plan.split(1 + idle, least / CHUNKS_OF_LEAST))
}

/// The shortest video that is split becomes so many chunks at most: each costs a download of the file.
const CHUNKS_OF_LEAST: f64 = 5.0;
