//! `process-video`: turns an uploaded file into adaptive renditions, playlists, thumbnails and an MP4.
//!
//! The first run looks at the file and makes what can be played soonest. The rest is the work of `encode-video`, in a lane of
//! its own, so that nobody waits for the first picture of a clip because somebody else's film is being encoded; the job
//! waits for it and ends with it.

mod import;
mod payload;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use telecine_db::videos::{self, Video};
use telecine_db::{DbError, Tx};
use telecine_model::{Clock, Failure, JobState, VideoId, VideoStatus};
use telecine_queue::{Job, JobError, OnChildFailure, Run};
use telecine_video::Plan;

use super::EncodeVideo;
use super::delete_outputs::delete_generations;
use super::processing::{self, Processing};
use crate::App;
pub use import::ImportsConfig;
pub(super) use import::fetch_missing;
pub(crate) use import::title_of_address;
use payload::{Payload, Target};

/// Processes one video: one that is here, or one that another program asks for, which is fetched first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProcessVideo {
    payload: Payload,
}

impl ProcessVideo {
    pub(crate) fn of(video_id: VideoId) -> Self {
        Self { payload: Payload::of(video_id) }
    }

    /// The id of the first job of a video of ours.
    pub(crate) fn id_of(video_id: VideoId) -> String {
        format!("process-video-{video_id}")
    }

    /// The same once more; a sentence when what is asked for makes no sense.
    pub(crate) fn again(
        video_id: VideoId,
        after: i64,
        asked: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, String> {
        Ok(Self { payload: Payload::again(video_id, after, asked)? })
    }

    /// The video as far as it is known.
    async fn video_id(&self, tx: &Tx) -> Result<Option<VideoId>, DbError> {
        match &self.payload.target {
            Target::Ours(video_id) => Ok(Some(*video_id)),
            Target::External(id) => Ok(videos::find_external(tx.conn(), id).await?.map(|video| video.id)),
        }
    }
}

impl Job<App> for ProcessVideo {
    const QUEUE: &'static str = "video-processing";
    const NAME: &'static str = "process-video";
    // The dialects of other programs give their jobs names of their own.
    const TAKES_ANY_NAME: bool = true;
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(5);
    // Above the most that `video.max_run_seconds` takes: the encoder has limits of its own, made for the file at hand.
    const TIMEOUT: Duration = Duration::from_secs(30 * 3600);
    const CONCURRENCY: usize = 2;

    fn id(&self) -> String {
        match &self.payload.target {
            Target::Ours(video_id) => match self.payload.after {
                Some(generation) => format!("process-video-{video_id}-after-{generation}"),
                None => Self::id_of(*video_id),
            },
            Target::External(id) => format!("process-external-{}", hex::encode(Sha256::digest(id))),
        }
    }

    fn subject(&self) -> Option<String> {
        match &self.payload.target {
            Target::Ours(video_id) => Some(video_id.to_string()),
            Target::External(_) => None,
        }
    }

    fn of_subject(subject: &str) -> Option<Self> {
        Some(Self::of(subject.parse().ok()?))
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let video_id = match &self.payload.target {
            Target::Ours(video_id) => *video_id,
            Target::External(id) => import::import(run, app, id, self.payload.source.as_ref()).await?,
        };
        run.set_result(json!({ "videoId": video_id }));
        let Some(video) = videos::find(app.db.read(), video_id).await? else { return Ok(()) };
        match video.status {
            VideoStatus::Processing => self.process(run, app, video_id).await,
            // What it waited for has ended.
            _ => ended(run, &video).await,
        }
    }

    async fn progressed(&self, tx: &Tx, clock: &dyn Clock, progress: f64) -> Result<(), DbError> {
        if let Some(video_id) = self.video_id(tx).await? {
            videos::set_progress(tx, video_id, progress, clock.now_ms()).await?;
        }
        Ok(())
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        let Some(video_id) = self.video_id(tx).await? else { return Ok(()) };
        let Some(video) = videos::find(tx.conn(), video_id).await? else { return Ok(()) };
        EncodeVideo::cancel(tx, video_id, video.generation, clock.now_ms()).await?;
        processing::failed(tx, clock, &video, failure).await
    }

    async fn retried(&self, tx: &Tx, clock: &dyn Clock) -> Result<(), DbError> {
        let (Some(video_id), now) = (self.video_id(tx).await?, clock.now_ms()) else { return Ok(()) };
        match self.payload.after {
            Some(_) => processing::begin_again(tx, video_id, now).await,
            None => videos::mark_processing_again(tx, video_id, now).await.map(drop),
        }
    }
}

impl ProcessVideo {
    async fn process(&self, run: &Run, app: &App, video_id: VideoId) -> Result<(), JobError> {
        let Some((video, generation)) = begin(run, video_id).await? else { return Ok(()) };
        // What earlier runs left, but for what viewers have. A generation newer than ours would belong to a worker that has
        // overtaken us.
        let published = video.published_generation;
        delete_generations(run, app, video.id, |other| other < generation && Some(other) != published)
            .await?;
        let work = Processing::open(run, app, &video, generation, self.payload.outputs()).await?;
        match self.begin_work(run, &work).await {
            Ok(Some(plan)) => self.hand_on(run, app, work, &plan).await,
            done => {
                work.close().await;
                done.map(drop)
            }
        }
    }

    /// What can be played soonest; all of it where there is nothing more, and `None` then. Otherwise the plan for the rest.
    async fn begin_work(&self, run: &Run, work: &Processing<'_>) -> Result<Option<Plan>, JobError> {
        work.download(&run.progress_setter()).await?;
        work.check_digest().await?;
        let mut plan = work.prepare().await?;
        if plan.begins_quickly() && plan.passes().len() > 1 && !work.run_first_pass(&plan, &[]).await? {
            plan = plan.without_copy();
            // Without a copy the lowest rung is what can be played soonest.
            if plan.begins_quickly() && plan.passes().len() > 1 {
                work.run_first_pass(&plan, &[]).await?;
            }
        }
        if plan.begins_quickly() && plan.passes().len() == 1 {
            work.run(&plan, &[]).await?;
            return Ok(None);
        }
        Ok(Some(plan))
    }

    /// Adds the job for the rest and waits for it. The file is left for it, in case that it runs here.
    async fn hand_on(&self, run: &Run, app: &App, work: Processing<'_>, plan: &Plan) -> Result<(), JobError> {
        let encode = EncodeVideo::after(run, &work, plan);
        let child = telecine_queue::row(&*app.clock, &encode)?;
        work.leave_source().await;
        let tx = run.begin().await?;
        // A failure is told by the video, whose job this one is.
        run.wait_for(tx, vec![(child, OnChildFailure::Ignore)]).await
    }
}

/// The video and the generation this run writes; `None` when there is nothing to do any more.
async fn begin(run: &Run, video_id: VideoId) -> Result<Option<(Video, i64)>, JobError> {
    let tx = run.begin().await?;
    let video = videos::find(tx.conn(), video_id).await?.filter(|v| v.status == VideoStatus::Processing);
    let Some(video) = video else { return Ok(None) };
    let Some(generation) = videos::begin_generation(&tx, video_id).await? else { return Ok(None) };
    tx.commit().await?;
    Ok(Some((video, generation)))
}

/// How the work has ended: with the video, or, when that was ready before, with the job that was waited for.
async fn ended(run: &Run, video: &Video) -> Result<(), JobError> {
    let child = EncodeVideo::id_of(video.id, video.generation);
    let mut children = run.children().await?.into_iter();
    // What the encoder said stands in the job only.
    let said = children
        .find(|ended| ended.id == child && ended.state == JobState::Failed)
        .and_then(|ended| ended.failure);
    match said.or_else(|| video.failure.clone()) {
        Some(failure) => Err(JobError::Fail(failure)),
        None => Ok(()),
    }
}
