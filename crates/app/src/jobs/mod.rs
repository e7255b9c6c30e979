//! The kinds of job. Each is one file; adding one is that file and its line in [`registry`].

mod cache_asset;
mod canary;
mod check_upload;
mod clean_up;
mod delete_batch;
mod delete_captions;
mod delete_outputs;
mod delete_owned;
mod delete_video;
mod encode_chunk;
mod encode_video;
mod evict_cache;
mod expire_image;
mod expire_upload;
mod failed;
mod fields;
mod import_episode;
mod import_video;
mod process_image;
mod process_video;
mod processing;
mod publish_captions;
mod purge_cdn;
mod thumbnail;
mod waiting;

pub use cache_asset::CacheAsset;
pub use canary::Canary;
pub use check_upload::CheckUpload;
pub use clean_up::CleanUp;
pub use delete_batch::DeleteBatch;
pub use delete_captions::DeleteCaptions;
pub use delete_outputs::DeleteOutputs;
pub use delete_owned::DeleteOwned;
pub use delete_video::DeleteVideo;
pub use encode_chunk::EncodeChunk;
pub use encode_video::EncodeVideo;
pub use evict_cache::EvictCache;
pub use expire_image::ExpireImage;
pub use expire_upload::ExpireUpload;
pub(crate) use failed::{disk_failed, remote_failed};
pub use import_episode::ImportEpisode;
pub use import_video::ImportVideo;
pub use process_image::ProcessImage;
pub(crate) use process_video::title_of_address;
pub use process_video::{ImportsConfig, ProcessVideo};
pub use publish_captions::PublishCaptions;
pub use purge_cdn::PurgeCdn;
pub use thumbnail::Thumbnail;

use telecine_queue::{Job, Registry, ScheduleError};

use crate::App;

/// Every kind of job that this program runs.
#[must_use]
pub fn registry() -> Registry<App> {
    waiting::add_to(Registry::default())
        .with::<ProcessVideo>()
        .with::<EncodeVideo>()
        .with::<EncodeChunk>()
        .with::<DeleteVideo>()
        .with::<DeleteOutputs>()
        .with::<ExpireUpload>()
        .with::<CheckUpload>()
        .with::<PublishCaptions>()
        .with::<DeleteCaptions>()
        .with::<PurgeCdn>()
        .with::<ProcessImage>()
        .with::<Thumbnail>()
        .with::<ExpireImage>()
        .with::<CacheAsset>()
        .with::<EvictCache>()
        .with::<ImportEpisode>()
        .with::<ImportVideo>()
        .with::<DeleteBatch>()
        .with::<DeleteOwned>()
        .with::<CleanUp>()
        .with::<Canary>()
}

/// The same for a process that works on these queues only; canaries run everywhere.
#[must_use]
pub fn registry_of(queues: &[String]) -> Registry<App> {
    let canary = <Canary as Job<App>>::QUEUE.to_owned();
    registry().serving(&[queues, &[canary]].concat())
}

/// The queues that go with these: a process that takes videos also encodes them.
#[must_use]
pub fn with_lanes(queues: &[String]) -> Vec<String> {
    let (videos, lane) = (<ProcessVideo as Job<App>>::QUEUE, <EncodeVideo as Job<App>>::QUEUE);
    let mut all = queues.to_vec();
    if queues.iter().any(|queue| queue == videos) && !queues.iter().any(|queue| queue == lane) {
        all.push(lane.to_owned());
    }
    all
}

/// Makes the jobs come that come by themselves. Doing it again, or in several processes, changes nothing.
///
/// # Errors
/// [`ScheduleError`] when the database fails.
pub async fn keep_schedules(app: &App) -> Result<(), ScheduleError> {
    let tx = app.db.begin().await?;
    CleanUp::schedule(&tx, app).await?;
    Ok(tx.commit().await?)
}
