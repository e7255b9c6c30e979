//! The work on a video whose file is in storage, shared by the jobs that do it.
//!
//! A generation is written under a prefix of its own and published with one transaction, so a run that is killed, repeated
//! or overtaken by another worker never disturbs what viewers get.

mod chunk;
mod growth;
mod outputs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use telecine_db::videos::{self, Published, Video};
use telecine_db::{Db, DbError, Tx, recordings, uploads};
use telecine_model::{Clock, Failure, FailureCode, VideoId, VideoStatus, key};
use telecine_queue::{JobError, Run};
use telecine_video::package::Rendition;
use telecine_video::{Chunk, Package, Plan, SOURCE_FOLDER, Sink, Transcode, Wishes};

use super::PublishCaptions;
use super::delete_outputs::DeleteOutputs;
use super::failed::{disk_failed, download_failed, encoding_failed};
use crate::digest::sha256_of_file;
use crate::playback::{Outputs, recorded, recorded_between};
use crate::scratch::{ScratchFolder, ScratchSpace};
use crate::watermarks::{self, SettingsError};
use crate::{App, AppError};
use chunk::ChunkStore;
use outputs::OutputStore;

/// The download is this share of the progress people see; encoding is the rest.
pub(super) const DOWNLOAD_SHARE: f64 = 0.05;

/// While a film is made in chunks, the progress goes from here …
pub(super) const CHUNKS_FROM: f64 = 0.15;
/// … to here; putting them together is the rest.
pub(super) const CHUNKS_TO: f64 = 0.95;

/// Who began to watch the copied pictures, or the generation before this one, is through with them after this time.
const WATCHED_TO_THE_END: Duration = Duration::from_secs(12 * 3600);

/// After this time nothing of an earlier run is under way any more.
const STRAGGLERS: Duration = Duration::from_secs(600);

/// One run on one generation of a video.
pub(super) struct Processing<'a> {
    run: &'a Run,
    app: &'a App,
    video: Video,
    generation: i64,
    wishes: Wishes,
    scratch: ScratchFolder,
    /// Put into the names of segments; see [`Transcode::mark`].
    mark: String,
}

/// Notes that the video has failed, and has what was stored of it removed.
pub(super) async fn failed(
    tx: &Tx,
    clock: &dyn Clock,
    video: &Video,
    failure: &Failure,
) -> Result<(), DbError> {
    videos::mark_failed(tx, video.id, failure, clock.now_ms()).await?;
    recordings::strike_video(tx, video.id).await?;
    let outputs = DeleteOutputs::up_to(video.id, video.generation);
    telecine_queue::add(tx, clock, &outputs).await.map(drop)
}

/// Lets a video whose processing has failed be processed once more: one that has failed with it, or one that is ready as it
/// was before.
pub(super) async fn begin_again(tx: &Tx, video: VideoId, now: i64) -> Result<(), DbError> {
    if !videos::mark_processing_again(tx, video, now).await? {
        videos::mark_reprocessing(tx, video, now).await?;
    }
    Ok(())
}

async fn folder(app: &App, video: VideoId, name: &str) -> Result<ScratchFolder, JobError> {
    app.scratch.folder(name).await.map_err(|error| disk_failed(video, &error))
}

/// Removes the source that was left here, if the runs it was left for come to other processes.
async fn remove_when_processed(db: Db, scratch: ScratchSpace, video: VideoId, generation: i64) {
    let name = video.to_string();
    let mut events = db.signals().events();
    while scratch.has_left(&name) {
        match videos::find(db.read(), video).await {
            Ok(Some(video)) if video.status == VideoStatus::Processing && video.generation == generation => {}
            Ok(_) => return scratch.drop_left(&name).await,
            Err(error) => tracing::debug!(%error, "nobody knows whether a source is still needed"),
        }
        if events.changed().await.is_err() {
            return;
        }
    }
}

impl<'a> Processing<'a> {
    /// The first run on a new generation.
    pub(super) async fn open(
        run: &'a Run,
        app: &'a App,
        video: &Video,
        generation: i64,
        wishes: Wishes,
    ) -> Result<Self, JobError> {
        let scratch = folder(app, video.id, &format!("{}-{}", video.id, run.token())).await?;
        Ok(Self { run, app, video: video.clone(), generation, wishes, scratch, mark: String::new() })
    }

    /// A run that goes on with a generation, or makes one chunk of it beside others.
    pub(super) async fn take_over(
        run: &'a Run,
        app: &'a App,
        video: &Video,
        generation: i64,
        wishes: Wishes,
        chunk: Option<Chunk>,
    ) -> Result<Self, JobError> {
        // Other chunks may be made in this process at the same time.
        let part = chunk.map_or(String::new(), |chunk| format!("_c{}", chunk.from));
        let scratch = match app.scratch.take(&video.id.to_string()) {
            Some(left) => left,
            None => {
                folder(app, video.id, &format!("{}-{generation}{part}-{}", video.id, run.token())).await?
            }
        };
        let mark = if run.token() > 1 { format!("{part}_r{}", run.token()) } else { String::new() };
        Ok(Self { run, app, video: video.clone(), generation, wishes, scratch, mark })
    }

    pub(super) fn video(&self) -> VideoId {
        self.video.id
    }

    pub(super) fn generation(&self) -> i64 {
        self.generation
    }

    pub(super) fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Removes the files of the run.
    pub(super) async fn close(self) {
        self.scratch.remove().await;
    }

    /// Leaves the source for the next run, if that comes to this process.
    pub(super) async fn leave_source(self) {
        let (db, scratch) = (self.app.db.clone(), self.app.scratch.clone());
        scratch.leave(self.video.id.to_string(), self.scratch).await;
        tokio::spawn(remove_when_processed(db, scratch, self.video.id, self.generation));
    }

    fn input(&self) -> PathBuf {
        self.scratch.path().join("input")
    }

    /// Brings the source here, unless it was left here.
    pub(super) async fn download(&self, set_progress: &(dyn Fn(f64) + Sync)) -> Result<(), JobError> {
        let (video, input) = (&self.video, self.input());
        if tokio::fs::metadata(&input).await.is_ok_and(|file| file.len() == video.source_size) {
            return Ok(());
        }
        let size = video.source_size.max(1);
        #[expect(clippy::cast_precision_loss, reason = "a progress bar needs no exact bytes")]
        let progress = move |bytes: u64| set_progress(DOWNLOAD_SHARE * bytes as f64 / size as f64);
        let source = key::source(video.id);
        let download = self.app.store.download(&source, video.source_etag.as_deref(), &input, progress);
        tokio::select! {
            downloaded = download => downloaded.map(drop).map_err(|error| download_failed(video.id, &error)),
            () = self.run.cancellation().cancelled() => Err(JobError::LeaseLost),
        }
    }

    /// Compares the file with the SHA-256 that was announced with the upload, if one was.
    pub(super) async fn check_digest(&self) -> Result<(), JobError> {
        let upload = uploads::find_by_video(self.app.db.read(), self.video.id).await?;
        let Some(announced) = upload.and_then(|upload| upload.sha256) else { return Ok(()) };
        let cancel = self.run.cancellation();
        match sha256_of_file(&self.input(), cancel).await {
            Ok(found) if found == announced => Ok(()),
            Ok(_) => Err(self.refused(FailureCode::ChecksumMismatch, "the file is not the announced one")),
            Err(_) if cancel.is_cancelled() => Err(JobError::LeaseLost),
            Err(error) => Err(disk_failed(self.video.id, &error)),
        }
    }

    /// What to make of the file, which is brought here; `copies` is whether its pictures were copied at first.
    pub(super) async fn prepare_again(&self, copies: bool) -> Result<Plan, JobError> {
        self.download(&|_| {}).await?;
        let plan = self.prepare().await?;
        Ok(if copies { plan } else { plan.without_copy() })
    }

    /// What to make of the file.
    pub(super) async fn prepare(&self) -> Result<Plan, JobError> {
        let (app, scratch, cancel) = (self.app, self.scratch.path(), self.run.cancellation());
        let input = self.input();
        let settings = watermarks::settings_for(&app.db, self.video.id, &app.video, scratch).await;
        let settings = settings.map_err(|error| match error {
            SettingsError::Db(error) => error.into(),
            SettingsError::Disk(error) => disk_failed(self.video.id, &error),
        })?;
        let plan =
            telecine_video::prepare(&app.tools, &settings, &self.wishes, &input, scratch, cancel).await;
        plan.map_err(|error| encoding_failed(self.video.id, &error))
    }

    /// What earlier runs have stored of the generation.
    pub(super) async fn stored(&self) -> Result<Vec<Rendition>, JobError> {
        recorded(self.app, self.video.id, self.generation).await.map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &AppError) -> JobError {
        tracing::warn!(video.id = %self.video.id, %error, "what was stored cannot be read");
        FailureCode::Internal.into()
    }

    /// Makes what can be played soonest, as far as it is not stored; `false` when the pictures cannot be copied after all.
    pub(super) async fn run_first_pass(&self, plan: &Plan, stored: &[Rendition]) -> Result<bool, JobError> {
        let store = OutputStore::new(self.run, self.app, self.video.id, self.generation, plan, stored);
        let (input, progress) = (self.input(), self.progress());
        let made = self.transcode(plan, &input, &store, stored, &progress).run_first_pass().await;
        made.map_err(|error| encoding_failed(self.video.id, &error))
    }

    /// Makes the rungs of one chunk.
    pub(super) async fn run_chunk(&self, plan: &Plan, chunk: Chunk) -> Result<(), JobError> {
        let segments = chunk.from..chunk.to.unwrap_or(usize::MAX);
        let stored = recorded_between(self.app, self.video.id, self.generation, segments).await;
        let stored = stored.map_err(|error| self.unreadable(&error))?;
        let outputs = OutputStore::new(self.run, self.app, self.video.id, self.generation, plan, &[]);
        let (input, progress) = (self.input(), self.run.progress_setter());
        let made =
            self.transcode(plan, &input, &ChunkStore(outputs), &stored, &progress).run_chunk(chunk).await;
        made.map_err(|error| encoding_failed(self.video.id, &error))
    }

    /// Makes everything that is not stored yet, checks it, publishes it and completes the job.
    pub(super) async fn run(&self, plan: &Plan, stored: &[Rendition]) -> Result<(), JobError> {
        let store = OutputStore::new(self.run, self.app, self.video.id, self.generation, plan, stored);
        let (input, progress) = (self.input(), self.progress());
        let made = self.transcode(plan, &input, &store, stored, &progress).run().await;
        let package = made.map_err(|error| encoding_failed(self.video.id, &error))?;
        let has_copy = tokio::select! {
            biased;
            // Whoever has the job now removes what is there: nothing may be added behind its back.
            () = self.run.cancellation().cancelled() => return Err(JobError::LeaseLost),
            has_copy = self.finish(&store, &package) => has_copy?,
        };
        self.publish(plan, &package, has_copy).await
    }

    fn progress(&self) -> impl Fn(f64) + Send + Sync + use<> {
        let set_progress = self.run.progress_setter();
        move |done: f64| set_progress((1.0 - DOWNLOAD_SHARE).mul_add(done, DOWNLOAD_SHARE))
    }

    fn transcode<'t>(
        &'t self,
        plan: &'t Plan,
        input: &'t Path,
        sink: &'t dyn Sink,
        stored: &'t [Rendition],
        progress: &'t (dyn Fn(f64) + Send + Sync),
    ) -> Transcode<'t> {
        let (tools, scratch_dir, mark) = (&self.app.tools, self.scratch.path(), self.mark.as_str());
        let cancel = self.run.cancellation();
        Transcode { tools, input, scratch_dir, plan, sink, stored, mark, progress, cancel }
    }

    /// Stores the playlists and compares what is in storage with what was written. Returns whether there are copied
    /// pictures, which some still watch.
    async fn finish(&self, store: &OutputStore<'_>, package: &Package) -> Result<bool, JobError> {
        store.put_documents(package).await?;
        store.verify(package).await
    }

    async fn publish(&self, plan: &Plan, package: &Package, has_copy: bool) -> Result<(), JobError> {
        let (app, video, generation) = (self.app, self.video.id, self.generation);
        let published = Published {
            generation,
            duration_s: package.duration,
            size: plan
                .video
                .as_ref()
                .map(|video| (video.display.width.cast_signed(), video.display.height.cast_signed())),
            outputs: Outputs::of(package).to_json(),
        };
        let tx = self.run.begin().await?;
        if !videos::mark_ready(&tx, video, &published, app.clock.now_ms()).await? {
            return Err(JobError::LeaseLost);
        }
        recordings::strike_video(&tx, video).await?;
        PublishCaptions::after(&tx, app, video).await?;
        if has_copy {
            let later = (app.clock.now() + WATCHED_TO_THE_END).as_millisecond();
            let copy = DeleteOutputs::rendition(video, generation, SOURCE_FOLDER);
            telecine_queue::add_at(&tx, &*app.clock, &copy, later).await?;
        }
        if generation > 1 {
            // A worker that was suspended in the middle of a PUT may end it long after it has lost the job.
            // Somebody may also be in the middle of the generation that this one replaces.
            let wait = if self.video.live_generation.is_some() { WATCHED_TO_THE_END } else { STRAGGLERS };
            let later = (app.clock.now() + wait).as_millisecond();
            // Not this one: by then another may have taken its place, which has a job like this.
            let before = DeleteOutputs::up_to(video, generation - 1);
            telecine_queue::add_at(&tx, &*app.clock, &before, later).await?;
        }
        if !app.video.keep_source {
            videos::forget_source(&tx, video).await?;
            telecine_queue::add(&tx, &*app.clock, &DeleteOutputs::source(video)).await?;
        }
        self.run.complete(tx).await?;
        tracing::info!(video.id = %video, generation, "the video is ready");
        Ok(())
    }

    fn refused(&self, code: FailureCode, why: &str) -> JobError {
        tracing::warn!(video.id = %self.video.id, code = %code, "processing stopped: {why}");
        code.into()
    }
}
