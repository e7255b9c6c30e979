//! `delete-outputs`: removes what an unfinished processing has left in storage, a rendition that was for a while, or a source
//! that is not to be kept.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::videos::{self, Video};
use telecine_db::{objects as ledger, recordings};
use telecine_model::{VideoId, key};
use telecine_queue::{Job, JobError, Kept, Run};
use telecine_storage::StoreError;

use super::PurgeCdn;
use super::failed::storage_failed;
use crate::App;

/// Removes every object of the video but its source and its published generation, or just one rendition or the source.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteOutputs {
    video_id: VideoId,
    /// Later generations belong to runs that began after this job was added.
    #[serde(default)]
    up_to: Option<i64>,
    /// One rendition of the generation `up_to`, named by its folder, and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rendition: Option<String>,
    /// The source, and nothing else.
    #[serde(default)]
    source: bool,
}

impl DeleteOutputs {
    pub(crate) fn up_to(video_id: VideoId, generation: i64) -> Self {
        Self { video_id, up_to: Some(generation), rendition: None, source: false }
    }

    pub(crate) fn source(video_id: VideoId) -> Self {
        Self { video_id, up_to: None, rendition: None, source: true }
    }

    pub(crate) fn rendition(video_id: VideoId, generation: i64, folder: &str) -> Self {
        Self { video_id, up_to: Some(generation), rendition: Some(folder.to_owned()), source: false }
    }
}

impl Job<App> for DeleteOutputs {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "delete-outputs";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn subject(&self) -> Option<String> {
        // While a rendition waits to be removed nobody works on the video.
        self.rendition.is_none().then(|| self.video_id.to_string())
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some(video) = videos::find(app.db.read(), self.video_id).await? else { return Ok(()) };
        if self.source {
            return delete_source(run, app, &video).await;
        }
        let newest = self.up_to.unwrap_or(video.generation);
        if let Some(folder) = &self.rendition {
            let prefix = format!("{}{folder}/", key::generation_prefix(self.video_id, newest));
            return delete_rendition(run, app, self.video_id, &prefix).await;
        }
        let published = video.published_generation;
        delete_generations(run, app, self.video_id, |generation| {
            generation <= newest && Some(generation) != published
        })
        .await
    }
}

/// Removes the source of a ready video. Its row has forgotten it: whoever wants to process it again must not find half of it.
async fn delete_source(run: &Run, app: &App, video: &Video) -> Result<(), JobError> {
    if video.source_etag.is_some() {
        return Ok(());
    }
    let source = key::source(video.id);
    app.store.delete(&source).await.map_err(|error| storage_failed(video.id, &error))?;
    let tx = run.begin().await?;
    ledger::strike(&tx, &source).await?;
    Ok(tx.commit().await?)
}

/// Removes the objects below a prefix and their lines of the ledger.
async fn delete_rendition(run: &Run, app: &App, video: VideoId, prefix: &str) -> Result<(), JobError> {
    app.store.delete_prefix(prefix).await.map_err(|error| storage_failed(video, &error))?;
    app.urls.forget_prefix(prefix).await;
    let tx = run.begin().await?;
    let gone = ledger::of_owner(tx.conn(), video).await?.into_iter().map(|object| object.key);
    let keys: Vec<String> = gone.filter(|key| key.starts_with(prefix)).collect();
    for key in &keys {
        ledger::strike(&tx, key).await?;
    }
    PurgeCdn::add(&tx, app, keys).await?;
    Ok(tx.commit().await?)
}

/// Removes the video's generations that `is_stale` picks. Ends early when the run is to stop: a worker that has lost its
/// job must not touch what the next one writes.
pub(super) async fn delete_generations(
    run: &Run,
    app: &App,
    video: VideoId,
    is_stale: impl Fn(i64) -> bool,
) -> Result<(), JobError> {
    let failed = |error: &StoreError| storage_failed(video, error);
    let objects = app.store.list(&key::video_prefix(video)).await.map_err(|error| failed(&error))?;
    let in_storage = objects.iter().filter_map(|object| key::generation_of(&object.key));
    // Large outputs go up in parts, and a run that was killed has not aborted them.
    let open = app.store.list_multipart_uploads(&key::video_prefix(video)).await;
    let open = open.map_err(|error| failed(&error))?;
    let in_parts = open.iter().filter_map(|upload| key::generation_of(&upload.key));
    // A run that was killed between writing an object down and putting it leaves only the former.
    let written_down = ledger::generations_of(app.db.read(), video).await?.into_iter().filter(|g| *g > 0);
    let stale: BTreeSet<i64> =
        in_storage.chain(in_parts).chain(written_down).filter(|g| is_stale(*g)).collect();
    for generation in stale {
        drop(run.begin().await?);
        for upload in open.iter().filter(|upload| key::generation_of(&upload.key) == Some(generation)) {
            let aborted = app.store.abort_multipart(&upload.key, &upload.upload_id).await;
            aborted.map_err(|error| failed(&error))?;
        }
        let prefix = key::generation_prefix(video, generation);
        app.store.delete_prefix(&prefix).await.map_err(|error| failed(&error))?;
        app.urls.forget_prefix(&prefix).await;
        let tx = run.begin().await?;
        let gone = ledger::of_owner(tx.conn(), video).await?.into_iter();
        let keys = gone.filter(|object| object.generation == generation).map(|object| object.key);
        PurgeCdn::add(&tx, app, keys.collect()).await?;
        ledger::strike_generation(&tx, video, generation).await?;
        recordings::strike_generation(&tx, video, generation).await?;
        tx.commit().await?;
    }
    Ok(())
}
