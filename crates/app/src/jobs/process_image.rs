//! `process-image`: makes the variants of an image, and stores them all at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use telecine_db::images::{self, Image};
use telecine_db::{DbError, Tx};
use telecine_image::{Existing, Output, Wish};
use telecine_model::{BatchId, Clock, Failure, FailureCode, ImageId, ImageStatus, ObjectOwner, key};
use telecine_outbound::{Conditions, Limits};
use telecine_queue::{Job, JobError, Run};
use url::Url;

use super::failed::{disk_failed, download_failed, encoding_failed, image_failed, storage_failed};
use crate::batches::{self, NewObject};
use crate::digest::sha256_of_file;
use crate::fetch::{self, Brought, Wanted};
use crate::images::{FromVideo, Made, Origin, frame_of, wish_of, with_twins};
use crate::scratch::ScratchFolder;
use crate::{App, AppError};

/// A video of somebody else's from which a picture is taken is fetched within this time.
const FETCH_TOTAL: Duration = Duration::from_secs(1800);
/// A server that sends nothing for so long is given up.
const FETCH_IDLE: Duration = Duration::from_secs(30);

/// Makes what an image is to become.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessImage {
    image_id: ImageId,
    revision: i64,
}

impl ProcessImage {
    pub(crate) fn of(image: &Image) -> Self {
        Self { image_id: image.id, revision: image.revision }
    }
}

impl Job<App> for ProcessImage {
    const QUEUE: &'static str = "thumbnail-generation";
    const NAME: &'static str = "process-image";
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(2);
    const TIMEOUT: Duration = Duration::from_secs(3600);
    const CONCURRENCY: usize = 5;

    fn id(&self) -> String {
        format!("process-image-{}-{}", self.image_id, self.revision)
    }

    fn subject(&self) -> Option<String> {
        Some(self.image_id.to_string())
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let image = images::find(app.db.read(), self.image_id).await?;
        match image.filter(|image| image.revision == self.revision && image.status == ImageStatus::Processing)
        {
            Some(image) => make(run, app, &image).await,
            None => Ok(()),
        }
    }

    async fn progressed(&self, tx: &Tx, _clock: &dyn Clock, progress: f64) -> Result<(), DbError> {
        images::set_progress(tx, self.image_id, self.revision, progress).await
    }

    async fn retried(&self, tx: &Tx, clock: &dyn Clock) -> Result<(), DbError> {
        images::mark_waiting(tx, self.image_id, self.revision, clock.now_ms()).await
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        images::mark_failed(tx, self.image_id, self.revision, failure, clock.now_ms()).await.map(drop)
    }
}

/// Makes the variants of the image, stores them, and completes the job.
pub(super) async fn make(run: &Run, app: &App, image: &Image) -> Result<(), JobError> {
    let name = format!("image-{}-{}", image.id, run.token());
    let folder = app.scratch.folder(&name).await.map_err(|error| disk_failed(image.id, &error))?;
    let done = Making { run, app, image, folder: &folder }.make().await;
    folder.remove().await;
    done
}

struct Making<'a> {
    run: &'a Run,
    app: &'a App,
    image: &'a Image,
    folder: &'a ScratchFolder,
}

impl Making<'_> {
    async fn make(&self) -> Result<(), JobError> {
        self.run.report(json!({ "step": "fetch" }));
        let source = self.source().await?;
        self.run.set_progress(0.3);
        self.run.report(json!({ "step": "encode" }));
        let asked_for = wish_of(&self.image.wish).map_err(|error| failed(self.image, &error))?;
        let wish = Wish { variants: with_twins(asked_for), animated: true, ..Wish::default() };
        let output = self.folder.path().join("variants");
        tokio::fs::create_dir(&output).await.map_err(|error| disk_failed(self.image.id, &error))?;
        let place = Output { folder: output, stem: None, existing: Existing::Replace };
        let report = self.app.images.make(&wish, &source, &place, self.run.cancellation()).await;
        let report = report.map_err(|error| image_failed(self.image.id, &error))?;
        self.run.set_progress(0.7);
        self.run.report(json!({ "step": "store" }));
        let paths: Vec<PathBuf> = report.variants.iter().map(|variant| variant.file.clone()).collect();
        self.store(Made::of(report), paths).await
    }

    /// The file to make variants of, brought here.
    async fn source(&self) -> Result<PathBuf, JobError> {
        let path = self.folder.path().join("source");
        let Some(origin) = &self.image.origin else { return self.uploaded(path).await };
        let origin: FromVideo = serde_json::from_str(origin).map_err(|_| FailureCode::InvalidPayload)?;
        let seconds = match &origin.origin {
            Origin::VideoId(video) => {
                let frame = frame_of(self.app, *video, origin.timestamp, &path).await;
                frame.map_err(|error| failed(self.image, &error))?
            }
            Origin::VideoUrl(url) => {
                let url = Url::parse(url).map_err(|_| FailureCode::InvalidPayload)?;
                self.fetch(&url, &path).await?;
                origin.timestamp
            }
        };
        let (frame, scratch) = (self.folder.path().join("frame.png"), self.folder.path());
        let cancel = self.run.cancellation();
        let taken = telecine_video::frame(&self.app.tools, &path, seconds, scratch, &frame, cancel).await;
        taken.map(|()| frame).map_err(|error| encoding_failed(self.image.id, &error))
    }

    async fn uploaded(&self, path: PathBuf) -> Result<PathBuf, JobError> {
        let (image, cancel) = (self.image, self.run.cancellation());
        let source = key::image_source(image.id);
        let download = self.app.store.download(&source, image.source_etag.as_deref(), &path, |_| {});
        tokio::select! {
            downloaded = download => downloaded.map_err(|error| download_failed(image.id, &error))?,
            () = cancel.cancelled() => return Err(JobError::LeaseLost),
        };
        if let Some(announced) = &image.sha256 {
            let found = sha256_of_file(&path, cancel).await;
            if found.map_err(|error| disk_failed(image.id, &error))? != *announced {
                return Err(FailureCode::ChecksumMismatch.into());
            }
        }
        Ok(path)
    }

    async fn fetch(&self, url: &Url, path: &Path) -> Result<(), JobError> {
        let (app, cancel) = (self.app, self.run.cancellation());
        let limits = Limits { max_bytes: app.uploads.max_size_bytes, total: FETCH_TOTAL, idle: FETCH_IDLE };
        let wanted = Wanted { url, limits, conditions: Conditions::default() };
        let brought = fetch::to_file(app, &wanted, path, cancel, |_, _| {}).await;
        match brought {
            Ok(Brought::File(_)) => Ok(()),
            Ok(Brought::NotModified) => Err(FailureCode::Internal.into()),
            Err(error) => Err(error.into_job_error("videoUrl", self.image.id)),
        }
    }

    async fn store(&self, made: Made, paths: Vec<PathBuf>) -> Result<(), JobError> {
        let (app, image, batch) = (self.app, self.image, BatchId::generate());
        let owner = ObjectOwner::Image(image.id);
        let mut files = Vec::with_capacity(paths.len());
        for (variant, path) in made.variants.iter().zip(paths) {
            files.push(NewObject {
                key: key::image_variant(image.id, batch, &variant.file),
                path,
                size: variant.bytes,
                sha256: None,
                content_type: variant.format.media_type().to_owned(),
            });
        }
        let tx = self.run.begin().await?;
        batches::announce(app, &tx, owner, batch, &files).await?;
        tx.commit().await?;
        batches::put(app, &files).await.map_err(|error| storage_failed(image.id, &error))?;
        let report = serde_json::to_string(&made).map_err(|_| FailureCode::Internal)?;
        let tx = self.run.begin().await?;
        if !batches::keep(&tx, batch).await? {
            return Err(FailureCode::Internal.into());
        }
        if !images::publish(&tx, image.id, image.revision, batch, &report, app.clock.now_ms()).await? {
            // Something else is wanted by now. Without this transaction, the batch goes.
            return Ok(());
        }
        if let Some(before) = image.batch {
            batches::leave(app, &tx, owner, before, batches::LAST_LOOK).await?;
        }
        self.run.set_result(json!({ "imageId": image.id, "batch": batch }));
        self.run.complete(tx).await
    }
}

fn failed(image: &Image, error: &AppError) -> JobError {
    tracing::warn!(image.id = %image.id, %error, "an image cannot be made");
    match error {
        AppError::Store(error) => download_failed(image.id, error),
        AppError::Db(_) | AppError::Unreadable { .. } => FailureCode::Internal.into(),
        AppError::StorageUnavailable => FailureCode::StorageUnavailable.into(),
        error => {
            let code = FailureCode::SourceMissing;
            JobError::Fail(Failure { message: format!("{error}."), ..code.into() })
        }
    }
}
