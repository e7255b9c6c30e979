//! `encode-chunk`: makes the rungs of a piece of a long film, beside other workers.
//!
//! The job `encode-video`, which has split the film, waits for its chunks and then puts them together.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::videos::{self, Video};
use telecine_db::{DbError, Tx, jobs, recordings};
use telecine_model::{Clock, JobState, VideoId, VideoStatus};
use telecine_queue::{Job, JobError, Run};
use telecine_video::{Chunk, Wishes};

use super::EncodeVideo;
use super::processing::{self, Processing};
use crate::App;

/// One chunk of one generation of a video.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncodeChunk {
    pub(super) video_id: VideoId,
    pub(super) generation: i64,
    pub(super) wishes: Wishes,
    /// Whether the film's pictures were copied before.
    pub(super) copies: bool,
    /// As for the whole film.
    pub(super) priority: i32,
    pub(super) chunk: Chunk,
    /// Folder of the largest rung.
    pub(super) rung: String,
    /// Segments of the whole film.
    pub(super) segments: u32,
}

impl EncodeChunk {
    /// The video, if somebody still waits for the chunk.
    async fn video(&self, app: &App) -> Result<Option<Video>, DbError> {
        let film = jobs::find(app.db.read(), &EncodeVideo::id_of(self.video_id, self.generation)).await?;
        if film.is_none_or(|film| film.state != JobState::WaitingChildren) {
            return Ok(None);
        }
        let video = videos::find(app.db.read(), self.video_id).await?;
        Ok(video.filter(|v| v.status == VideoStatus::Processing && v.generation == self.generation))
    }
}

impl Job<App> for EncodeChunk {
    const QUEUE: &'static str = <EncodeVideo as Job<App>>::QUEUE;
    const NAME: &'static str = "encode-chunk";
    const ATTEMPTS: i32 = <EncodeVideo as Job<App>>::ATTEMPTS;
    const BACKOFF: Duration = <EncodeVideo as Job<App>>::BACKOFF;
    const TIMEOUT: Duration = <EncodeVideo as Job<App>>::TIMEOUT;
    const CONCURRENCY: usize = <EncodeVideo as Job<App>>::CONCURRENCY;

    fn id(&self) -> String {
        format!("encode-chunk-{}-{}-{}", self.video_id, self.generation, self.chunk.from)
    }

    fn subject(&self) -> Option<String> {
        Some(self.video_id.to_string())
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some(video) = self.video(app).await? else { return Ok(()) };
        let (wishes, chunk) = (self.wishes.clone(), Some(self.chunk));
        let work = Processing::take_over(run, app, &video, self.generation, wishes, chunk).await?;
        let made = self.make(&work).await;
        if made.is_ok() && self.is_source_wanted(app).await.unwrap_or(false) {
            work.leave_source().await;
        } else {
            work.close().await;
        }
        made
    }

    /// The film is as far as all of its chunks together.
    async fn progressed(&self, tx: &Tx, clock: &dyn Clock, _progress: f64) -> Result<(), DbError> {
        let stored =
            recordings::count_segments(tx.conn(), self.video_id, self.generation, &self.rung).await?;
        // Counts of segments are exact.
        let share = stored as f64 / f64::from(self.segments.max(1));
        let progress =
            processing::CHUNKS_FROM + (processing::CHUNKS_TO - processing::CHUNKS_FROM) * share.min(1.0);
        videos::set_progress(tx, self.video_id, progress, clock.now_ms()).await.map(drop)
    }
}

impl EncodeChunk {
    /// Whether what comes next may need the file here: a chunk that waits, or, after the last one, the whole film.
    async fn is_source_wanted(&self, app: &App) -> Result<bool, DbError> {
        let chunks =
            jobs::children_of(app.db.read(), &EncodeVideo::id_of(self.video_id, self.generation)).await?;
        let running = chunks.iter().filter(|chunk| chunk.state == JobState::Active).count();
        let is_waiting = |state| matches!(state, JobState::Waiting | JobState::Delayed);
        Ok(running <= 1 || chunks.iter().any(|chunk| is_waiting(chunk.state)))
    }

    async fn make(&self, work: &Processing<'_>) -> Result<(), JobError> {
        let plan = work.prepare_again(self.copies).await?;
        work.run_chunk(&plan, self.chunk).await
    }
}
