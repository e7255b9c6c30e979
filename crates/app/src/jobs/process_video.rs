//! `process-video`: turns an uploaded file into adaptive renditions, playlists, thumbnails and an MP4.
//!
//! Every run writes under a generation of its own and publishes it with one transaction, so a run that is killed,
//! repeated or overtaken by another worker never disturbs what viewers get.

mod growth;
mod import;
mod outputs;
mod payload;

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use telecine_db::videos::{self, Published, Video};
use telecine_db::{DbError, Tx, recordings, uploads};
use telecine_model::{Clock, Failure, FailureCode, VideoId, VideoStatus, key};
use telecine_queue::{Job, JobError, Run};
use telecine_video::{Package, Plan, SOURCE_FOLDER, Transcode, Wishes};

use super::PublishCaptions;
use super::delete_outputs::{DeleteOutputs, delete_generations};
use super::failed::{disk_failed, download_failed, encoding_failed};
use crate::App;
use crate::digest::sha256_of_file;
use crate::playback::Outputs;
pub use import::ImportsConfig;
use outputs::OutputStore;
use payload::{Payload, Target};

/// The download is this share of the progress people see; encoding is the rest.
const DOWNLOAD_SHARE: f64 = 0.05;

/// Who began to watch the copied pictures while the ladder was being made is through with them after this time.
const WATCHED_TO_THE_END: Duration = Duration::from_secs(12 * 3600);

/// After this time nothing of an earlier run is under way any more.
const STRAGGLERS: Duration = Duration::from_secs(600);

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
            Target::Ours(video_id) => format!("process-video-{video_id}"),
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
        Processing { video_id, wishes: self.payload.outputs() }.run(run, app).await
    }

    async fn progressed(&self, tx: &Tx, clock: &dyn Clock, progress: f64) -> Result<(), DbError> {
        if let Some(video_id) = self.video_id(tx).await? {
            videos::set_progress(tx, video_id, progress, clock.now_ms()).await?;
        }
        Ok(())
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        let Some(video_id) = self.video_id(tx).await? else { return Ok(()) };
        videos::mark_failed(tx, video_id, failure, clock.now_ms()).await?;
        if let Some(video) = videos::find(tx.conn(), video_id).await? {
            recordings::strike_video(tx, video_id).await?;
            let outputs = DeleteOutputs::up_to(video_id, video.generation);
            telecine_queue::add(tx, clock, &outputs).await?;
        }
        Ok(())
    }

    async fn retried(&self, tx: &Tx, clock: &dyn Clock) -> Result<(), DbError> {
        if let Some(video_id) = self.video_id(tx).await? {
            videos::mark_processing_again(tx, video_id, clock.now_ms()).await?;
        }
        Ok(())
    }
}

/// The work on a video whose file is in storage.
struct Processing {
    video_id: VideoId,
    wishes: Wishes,
}

impl Processing {
    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some((video, generation)) = self.begin(run).await? else { return Ok(()) };
        // What earlier runs left, but for what viewers have. A generation newer than ours would belong to a worker that has
        // overtaken us.
        let published = video.published_generation;
        delete_generations(run, app, video.id, |other| other < generation && Some(other) != published)
            .await?;
        let scratch = app
            .scratch
            .folder(&format!("{}-{}", video.id, run.token()))
            .await
            .map_err(|error| disk_failed(video.id, &error))?;
        let done = self.process(run, app, &video, generation, scratch.path()).await;
        scratch.remove().await;
        done
    }

    /// The video and the generation this run writes; `None` when there is nothing to do any more.
    async fn begin(&self, run: &Run) -> Result<Option<(Video, i64)>, JobError> {
        let tx = run.begin().await?;
        let video =
            videos::find(tx.conn(), self.video_id).await?.filter(|v| v.status == VideoStatus::Processing);
        let Some(video) = video else { return Ok(None) };
        let Some(generation) = videos::begin_generation(&tx, self.video_id).await? else { return Ok(None) };
        tx.commit().await?;
        Ok(Some((video, generation)))
    }

    async fn process(
        &self,
        run: &Run,
        app: &App,
        video: &Video,
        generation: i64,
        scratch: &Path,
    ) -> Result<(), JobError> {
        let input = scratch.join("input");
        self.download(run, app, video, &input).await?;
        self.check_digest(run, app, &input).await?;
        let plan = telecine_video::prepare(
            &app.tools,
            &app.video,
            &self.wishes,
            &input,
            scratch,
            run.cancellation(),
        )
        .await;
        let plan = plan.map_err(|error| encoding_failed(video.id, &error))?;
        let store = OutputStore::new(run, app, video.id, generation, &plan);
        let package = self.encode(run, app, &plan, (&input, scratch), &store).await?;
        tokio::select! {
            biased;
            // Whoever has the job now removes what is there: nothing may be added behind its back.
            () = run.cancellation().cancelled() => return Err(JobError::LeaseLost),
            stored = self.finish(&store, &package) => stored?,
        }
        self.publish(run, app, &store, &plan, &package).await
    }

    async fn download(&self, run: &Run, app: &App, video: &Video, input: &Path) -> Result<(), JobError> {
        let (set_progress, size) = (run.progress_setter(), video.source_size.max(1));
        #[expect(clippy::cast_precision_loss, reason = "a progress bar needs no exact bytes")]
        let progress = move |bytes: u64| set_progress(DOWNLOAD_SHARE * bytes as f64 / size as f64);
        let source = key::source(video.id);
        let download = app.store.download(&source, video.source_etag.as_deref(), input, progress);
        tokio::select! {
            downloaded = download => downloaded.map(|_| ()).map_err(|error| download_failed(video.id, &error)),
            () = run.cancellation().cancelled() => Err(JobError::LeaseLost),
        }
    }

    /// Compares the file with the SHA-256 that was announced with the upload, if one was.
    async fn check_digest(&self, run: &Run, app: &App, input: &Path) -> Result<(), JobError> {
        let upload = uploads::find_by_video(app.db.read(), self.video_id).await?;
        let Some(announced) = upload.and_then(|upload| upload.sha256) else { return Ok(()) };
        match sha256_of_file(input, run.cancellation()).await {
            Ok(found) if found == announced => Ok(()),
            Ok(_) => Err(self.refused(FailureCode::ChecksumMismatch, "the file is not the announced one")),
            Err(_) if run.cancellation().is_cancelled() => Err(JobError::LeaseLost),
            Err(error) => Err(disk_failed(self.video_id, &error)),
        }
    }

    async fn encode(
        &self,
        run: &Run,
        app: &App,
        plan: &Plan,
        (input, scratch_dir): (&Path, &Path),
        sink: &OutputStore<'_>,
    ) -> Result<Package, JobError> {
        let set_progress = run.progress_setter();
        let progress = &move |done: f64| set_progress(DOWNLOAD_SHARE + (1.0 - DOWNLOAD_SHARE) * done);
        let cancel = run.cancellation();
        let transcode = Transcode { tools: &app.tools, input, scratch_dir, plan, sink, progress, cancel };
        transcode.run().await.map_err(|error| encoding_failed(self.video_id, &error))
    }

    /// Stores the playlists and compares what is in storage with what was written.
    async fn finish(&self, store: &OutputStore<'_>, package: &Package) -> Result<(), JobError> {
        store.put_documents(package).await?;
        let verified = store.verify().await;
        verified.map_err(|code| self.refused(code, "the objects in storage differ from what was written"))
    }

    async fn publish(
        &self,
        run: &Run,
        app: &App,
        store: &OutputStore<'_>,
        plan: &Plan,
        package: &Package,
    ) -> Result<(), JobError> {
        let generation = store.generation;
        let published = Published {
            generation,
            duration_s: package.duration,
            size: plan
                .video
                .as_ref()
                .map(|video| (video.display.width.cast_signed(), video.display.height.cast_signed())),
            outputs: Outputs::of(package).to_json(),
        };
        let tx = run.begin().await?;
        if !videos::mark_ready(&tx, self.video_id, &published, app.clock.now_ms()).await? {
            return Err(JobError::LeaseLost);
        }
        recordings::strike_video(&tx, self.video_id).await?;
        PublishCaptions::after(&tx, app, self.video_id).await?;
        if store.has_written(SOURCE_FOLDER) {
            let later = (app.clock.now() + WATCHED_TO_THE_END).as_millisecond();
            let copy = DeleteOutputs::rendition(self.video_id, generation, SOURCE_FOLDER);
            telecine_queue::add_at(&tx, &*app.clock, &copy, later).await?;
        }
        if generation > 1 {
            // A worker that was suspended in the middle of a PUT may end it long after it has lost the job.
            let later = (app.clock.now() + STRAGGLERS).as_millisecond();
            telecine_queue::add_at(&tx, &*app.clock, &DeleteOutputs::up_to(self.video_id, generation), later)
                .await?;
        }
        run.complete(tx).await?;
        tracing::info!(video.id = %self.video_id, generation, "the video is ready");
        Ok(())
    }

    fn refused(&self, code: FailureCode, why: &str) -> JobError {
        tracing::warn!(video.id = %self.video_id, code = %code, "processing stopped: {why}");
        code.into()
    }
}
