//! `cache-asset`: brings a file of somebody else's server into storage.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine_db::cache::{self, Asset, CacheObject, Validators};
use telecine_db::{DbError, Tx, jobs};
use telecine_image::{Existing, ImageError, Output, OutputFormat, Variant, Wish};
use telecine_model::{BatchId, CacheAssetId, Clock, Failure, FailureCode, ObjectOwner, key};
use telecine_outbound::Conditions;
use telecine_queue::{Job, JobError, Run};
use url::Url;

use super::EvictCache;
use super::failed::{disk_failed, image_failed, storage_failed};
use super::fields::{MAX_ID_CHARS, needed_address, needed_text, whole};
use crate::App;
use crate::batches::{self, NewObject};
use crate::cache::{self as product, NewFile};
use crate::digest::sha256_of_file;
use crate::fetch::{self, Brought, BroughtFile, Wanted};

/// Pictures that are made smaller fit into this.
const PICTURE_BOX: (u32, u32) = (1280, 720);
/// The name of the smaller picture in the folder of the run.
const SMALLER: &str = "smaller";

/// `{cacheAssetId, originalUrl}`, from us or from a program that has ids of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Value", rename_all = "camelCase")]
pub struct CacheAsset {
    cache_asset_id: String,
    original_url: Url,
    /// Which asking this answers; none in jobs of other programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i64>,
    #[serde(skip)]
    priority: i32,
}

impl CacheAsset {
    /// The job for an asset as it stands; its address is one of the web.
    pub(crate) fn of(asset: &Asset, priority: i32) -> Self {
        #[expect(clippy::expect_used, reason = "rows hold what was parsed before")]
        let original_url = Url::parse(&asset.url).expect("addresses are checked before they are stored");
        let (cache_asset_id, revision) = (asset.id.to_string(), Some(asset.revision));
        Self { cache_asset_id, original_url, revision, priority }
    }
}

impl TryFrom<Value> for CacheAsset {
    type Error = String;

    fn try_from(data: Value) -> Result<Self, String> {
        let fields = data.as_object().ok_or("data must be an object")?;
        let cache_asset_id = needed_text(fields, "cacheAssetId", MAX_ID_CHARS)?.to_owned();
        let original_url = needed_address(fields, "originalUrl")?;
        let revision = whole(fields, "revision", 1, i64::MAX.cast_unsigned())?.map(u64::cast_signed);
        Ok(Self { cache_asset_id, original_url, revision, priority: 0 })
    }
}

impl Job<App> for CacheAsset {
    const QUEUE: &'static str = "media-cache";
    const NAME: &'static str = "cache-asset";
    const TAKES_ANY_NAME: bool = true;
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(2);
    const JITTER: f64 = 0.2;
    const TIMEOUT: Duration = Duration::from_secs(2 * 3600);
    const CONCURRENCY: usize = 5;

    fn id(&self) -> String {
        match self.revision {
            Some(revision) => format!("cache-asset-{}-{revision}", self.cache_asset_id),
            None => format!("cache-asset-{}", self.cache_asset_id),
        }
    }

    fn subject(&self) -> Option<String> {
        self.cache_asset_id.parse::<CacheAssetId>().ok().map(|id| id.to_string())
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some(asset) = self.asset(run, app).await? else { return Ok(()) };
        let tx = run.begin().await?;
        cache::mark_downloading(&tx, asset.id, asset.revision, app.clock.now_ms()).await?;
        tx.commit().await?;
        Fetching { run, app, asset: &asset, url: &self.original_url }.fetch().await
    }

    async fn retried(&self, tx: &Tx, clock: &dyn Clock) -> Result<(), DbError> {
        let Some(asset) = self.known(tx).await? else { return Ok(()) };
        cache::mark_waiting(tx, asset.id, self.revision.unwrap_or(asset.revision), clock.now_ms()).await
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        let Some(asset) = self.known(tx).await? else { return Ok(()) };
        let revision = self.revision.unwrap_or(asset.revision);
        cache::mark_failed(tx, asset.id, revision, failure, clock.now_ms()).await.map(drop)
    }
}

impl CacheAsset {
    /// The asset of this job, if it is still wanted. One that another program has added is noted first.
    async fn asset(&self, run: &Run, app: &App) -> Result<Option<Asset>, JobError> {
        let tx = run.begin().await?;
        let known = match self.known(&tx).await? {
            None if self.revision.is_none() => Some(self.note(app, &tx).await?),
            known => known,
        };
        let Some(asset) = known else { return Ok(None) };
        if self.revision.is_none() && self.cache_asset_id.parse::<CacheAssetId>().is_err() {
            cache::set_external_id(&tx, asset.id, &self.cache_asset_id).await?;
        }
        jobs::set_subject(&tx, run.lease(), &asset.id.to_string()).await?;
        tx.commit().await?;
        let is_wanted = match self.revision {
            Some(revision) => revision == asset.revision,
            None => asset.batch.is_none(),
        };
        Ok(is_wanted.then_some(asset))
    }

    async fn known(&self, tx: &Tx) -> Result<Option<Asset>, DbError> {
        if let Ok(id) = self.cache_asset_id.parse()
            && let Some(asset) = cache::find(tx.conn(), id).await?
        {
            return Ok(Some(asset));
        }
        if let Some(asset) = cache::find_external(tx.conn(), &self.cache_asset_id).await? {
            return Ok(Some(asset));
        }
        // Another program's id for an address that has one already.
        let url = product::checked(self.original_url.as_str()).filter(|_| self.revision.is_none());
        match url {
            Some(url) => cache::find_by_url(tx.conn(), &product::digest_of(&url), false).await,
            None => Ok(None),
        }
    }

    async fn note(&self, app: &App, tx: &Tx) -> Result<Asset, JobError> {
        let url = product::checked(self.original_url.as_str()).ok_or(FailureCode::InvalidPayload)?;
        let mut new = product::new_asset(&url, &NewFile::from(url.to_string()), false);
        // A name in the form of our own ids becomes one.
        match self.cache_asset_id.parse() {
            Ok(id) => new.id = id,
            Err(_) => new.external_id = Some(self.cache_asset_id.clone()),
        }
        let found = cache::insert_missing(tx, std::slice::from_ref(&new), app.clock.now_ms()).await?;
        found.into_values().find(|asset| !asset.is_optimized).ok_or_else(|| FailureCode::Internal.into())
    }
}

/// One run for one asset.
struct Fetching<'a> {
    run: &'a Run,
    app: &'a App,
    asset: &'a Asset,
    url: &'a Url,
}

/// A file on its way into storage.
struct Arrived {
    object: CacheObject,
    file: NewObject,
}

impl Fetching<'_> {
    async fn fetch(&self) -> Result<(), JobError> {
        let name = format!("cache-{}-{}", self.asset.id, self.run.token());
        let folder = self.app.scratch.folder(&name).await.map_err(|error| self.disk(&error))?;
        let done = self.fetch_into(folder.path()).await;
        folder.remove().await;
        done
    }

    async fn fetch_into(&self, folder: &Path) -> Result<(), JobError> {
        let path = folder.join("file");
        match self.bring(&path).await? {
            Brought::NotModified => {
                let tx = self.run.begin().await?;
                cache::mark_checked(&tx, self.asset.id, self.asset.revision, self.app.clock.now_ms()).await?;
                self.run.complete(tx).await
            }
            Brought::File(brought) => {
                let arrived = self.judge(folder, &path, &brought).await?;
                let validators = Validators { etag: brought.etag, last_modified: brought.last_modified };
                self.store(arrived, &validators).await
            }
        }
    }

    async fn bring(&self, path: &Path) -> Result<Brought, JobError> {
        let progress = self.run.progress_setter();
        #[expect(clippy::cast_precision_loss, reason = "a progress bar needs no exact bytes")]
        let progress = move |bytes: u64, length: Option<u64>| {
            if let Some(length) = length.filter(|length| *length > 0) {
                progress(0.9 * bytes as f64 / length as f64);
            }
        };
        // Only what is here need not be sent again.
        let known = self.asset.batch.is_some();
        let known = |validator: &Option<String>| validator.clone().filter(|_| known);
        let conditions =
            Conditions { etag: known(&self.asset.etag), last_modified: known(&self.asset.last_modified) };
        let (app, cancel) = (self.app, self.run.cancellation());
        let wanted = Wanted { url: self.url, limits: app.cache.limits(), conditions };
        let brought = fetch::to_file(app, &wanted, path, cancel, progress).await;
        brought.map_err(|error| error.into_job_error("originalUrl", self.asset.id))
    }

    /// What the file is, whatever its server calls it; pictures are made smaller where that is wished for.
    async fn judge(&self, folder: &Path, path: &Path, brought: &BroughtFile) -> Result<Arrived, JobError> {
        if brought.size == 0 {
            return Err(FailureCode::EmptyFile.into());
        }
        let kind = fetch::sniffed(path).await.map_err(|error| self.disk(&error))?;
        let kind = kind.ok_or_else(|| {
            let code = FailureCode::NotMedia;
            let message = "What the server sends is no picture, film or sound.".to_owned();
            JobError::Fail(Failure { message, ..code.into() })
        })?;
        let batch = BatchId::generate();
        if self.asset.is_optimized && kind.starts_with("image/") {
            return self.smaller(folder, path, batch).await;
        }
        let object = CacheObject {
            batch,
            sha256: brought.sha256.clone(),
            size: brought.size,
            content_type: kind.to_owned(),
            width: None,
            height: None,
        };
        Ok(arrived(object, path))
    }

    async fn smaller(&self, folder: &Path, path: &Path, batch: BatchId) -> Result<Arrived, JobError> {
        let (width, height) = PICTURE_BOX;
        let wish = Wish {
            variants: vec![Variant { name: SMALLER.to_owned(), width, height, format: OutputFormat::WebP }],
            animated: true,
            ..Wish::default()
        };
        let output = Output { folder: folder.to_owned(), stem: None, existing: Existing::Replace };
        let (images, cancel) = (&self.app.images, self.run.cancellation());
        let report = images.make(&wish, path, &output, cancel).await.map_err(|error| self.image(&error))?;
        let made = report.variants.into_iter().next().ok_or(FailureCode::Internal)?;
        let sha256 = sha256_of_file(&made.file, cancel).await.map_err(|error| self.disk(&error))?;
        let side = |pixels: u32| i32::try_from(pixels).ok();
        let object = CacheObject {
            batch,
            sha256,
            size: made.bytes,
            content_type: made.format.media_type().to_owned(),
            width: side(made.width),
            height: side(made.height),
        };
        Ok(arrived(object, &made.file))
    }

    /// Gives the asset an object with these bytes: one that is there, or a new one.
    async fn store(&self, arrived: Arrived, validators: &Validators) -> Result<(), JobError> {
        let Arrived { object, file } = arrived;
        let app = self.app;
        let tx = self.run.begin().await?;
        if let Some(same) = cache::hold_object(&tx, &object.sha256).await? {
            return self.publish(tx, same.batch, validators).await;
        }
        let owner = ObjectOwner::Cache(object.batch);
        batches::announce(app, &tx, owner, object.batch, std::slice::from_ref(&file)).await?;
        tx.commit().await?;
        let put = batches::put(app, std::slice::from_ref(&file)).await;
        put.map_err(|error| storage_failed(owner, &error))?;
        let tx = self.run.begin().await?;
        if cache::insert_object(&tx, &object, app.clock.now_ms()).await? {
            if !batches::keep(&tx, object.batch).await? {
                return Err(FailureCode::Internal.into());
            }
            return self.publish(tx, object.batch, validators).await;
        }
        // Somebody else has stored the same bytes meanwhile.
        let same = cache::hold_object(&tx, &object.sha256).await?.ok_or(FailureCode::Internal)?;
        batches::leave(app, &tx, owner, object.batch, Duration::ZERO).await?;
        batches::keep(&tx, object.batch).await?;
        self.publish(tx, same.batch, validators).await
    }

    async fn publish(&self, tx: Tx, batch: BatchId, validators: &Validators) -> Result<(), JobError> {
        let (app, asset) = (self.app, self.asset);
        let now = app.clock.now_ms();
        // Its object is what it has now, not what it had when the run began.
        let before = cache::hold_asset(&tx, asset.id).await?.and_then(|asset| asset.batch);
        let is_wanted = cache::mark_cached(&tx, asset.id, asset.revision, batch, validators, now).await?;
        let left = if is_wanted { before.filter(|before| *before != batch) } else { Some(batch) };
        if let Some(left) = left {
            product::release(app, &tx, left, batches::LAST_LOOK).await?;
        }
        EvictCache::add_if_needed(&tx, app).await?;
        self.run.set_result(json!({ "cacheAssetId": asset.id, "batch": batch }));
        self.run.complete(tx).await
    }

    fn disk(&self, error: &std::io::Error) -> JobError {
        disk_failed(self.asset.id, error)
    }

    fn image(&self, error: &ImageError) -> JobError {
        image_failed(self.asset.id, error)
    }
}

fn arrived(object: CacheObject, path: &Path) -> Arrived {
    let file = NewObject {
        key: key::cached(object.batch),
        path: path.to_owned(),
        size: object.size,
        sha256: Some(object.sha256.clone()),
        content_type: object.content_type.clone(),
    };
    Arrived { object, file }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_producers_send_today_is_taken_and_a_refusal_names_the_field() {
        let read = |data: Value| CacheAsset::try_from(data).map(drop);
        assert_eq!(
            read(json!({ "cacheAssetId": "asset-1", "originalUrl": "https://media.example/a.mp4" })),
            Ok(())
        );
        assert_eq!(read(json!({ "cacheAssetId": "a" })), Err("originalUrl is missing".to_owned()));
        assert!(read(json!([])).unwrap_err().contains("data must be an object"));
        assert!(
            read(json!({ "cacheAssetId": "a", "originalUrl": "file:///a" }))
                .unwrap_err()
                .contains("originalUrl")
        );
    }
}
