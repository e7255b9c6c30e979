//! The media cache: files of other people's servers, brought into storage by jobs. Whoever asks gets an id at once, and under
//! it the original address until the file is here.
//!
//! Equal addresses are one asset with one job, in however many processes; equal bytes are one object.

mod addresses;
mod bundle;
mod config;
mod upkeep;

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use telecine_db::cache::{self as rows, Asset, CacheObject, NewAsset, Selection, Stats};
use telecine_db::{DbError, Tx, jobs};
use telecine_model::{BatchId, CacheAssetId, ObjectOwner};
use url::Url;

use crate::jobs::CacheAsset;
use crate::{App, AppError, batches};

pub use addresses::{MAX_NAMES, Named, address, addresses};
pub use bundle::{Bundle, BundleImage, Bundled, add_bundle};
pub use config::CacheConfig;
pub use upkeep::{CleanedUp, clean_up, retry_failed};

/// Addresses in one request, at most.
const MAX_URLS: usize = 500;
/// Characters of an address, at most.
const MAX_URL_CHARS: usize = 4096;
/// Assets on one page, at most.
pub const MAX_PAGE: u64 = 100;

/// An address to be cached.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The address.
    pub url: String,
    /// Pixels across, as far as somebody knows.
    pub width: Option<i32>,
    /// Pixels down.
    pub height: Option<i32>,
}

/// How addresses are to be cached.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// Whether pictures are made smaller on their way in: 1280x720 at most, as WebP.
    pub optimize: bool,
    /// 0 runs before 1, 1 before 2 and so on.
    pub priority: i32,
}

/// One page of assets.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub assets: Vec<(Asset, Option<CacheObject>)>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<CacheAssetId>,
}

impl From<String> for NewFile {
    fn from(url: String) -> Self {
        Self { url, width: None, height: None }
    }
}

/// Notes the addresses and has them fetched, in their order. One that is known already keeps its id, and is fetched again only
/// if it has failed or was given up to make room. All of them or none.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_urls`, naming the one that is wrong.
pub async fn add(app: &App, files: &[NewFile], wishes: Wishes) -> Result<Vec<Asset>, AppError> {
    if files.is_empty() || files.len() > MAX_URLS {
        let sentence = format!("urls must hold 1 to {MAX_URLS} addresses");
        return Err(AppError::invalid("invalid_urls", sentence));
    }
    let mut new = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let url = checked(&file.url).ok_or_else(|| {
            let sentence = format!(
                "urls[{index}] must be an http or https address of at most {MAX_URL_CHARS} characters"
            );
            AppError::invalid("invalid_urls", sentence)
        })?;
        new.push(new_asset(&url, file, wishes.optimize));
    }
    let tx = app.db.begin().await?;
    let assets = add_in(app, &tx, &new, wishes.priority).await?;
    tx.commit().await?;
    Ok(assets)
}

/// The same within a transaction, for checked addresses.
pub(crate) async fn add_in(
    app: &App,
    tx: &Tx,
    new: &[NewAsset],
    priority: i32,
) -> Result<Vec<Asset>, AppError> {
    let now = app.clock.now_ms();
    let mut found = rows::insert_missing(tx, new, now).await?;
    let mut fetched = Vec::new();
    let mut assets = Vec::with_capacity(new.len());
    for asset in new {
        let key = (asset.url_sha256.clone(), asset.is_optimized);
        let known = found.get_mut(&key).ok_or(AppError::NotFound { what: "cache asset" })?;
        let is_new = known.id == asset.id;
        let is_wanted_again = known.failure.is_some() && known.batch.is_none() || known.is_evicted;
        if is_wanted_again && let Some(again) = rows::ask_again(tx, known.id, now).await? {
            *known = again;
        }
        if is_new || is_wanted_again {
            fetched.push(telecine_queue::row(&*app.clock, &CacheAsset::of(known, priority))?);
        }
        assets.push(known.clone());
    }
    jobs::insert_many(tx, &fetched, now).await?;
    Ok(assets)
}

/// Has the asset fetched once more, now.
pub(crate) async fn fetch_again(app: &App, tx: &Tx, id: CacheAssetId) -> Result<Option<Asset>, AppError> {
    let Some(asset) = rows::ask_again(tx, id, app.clock.now_ms()).await? else { return Ok(None) };
    telecine_queue::add(tx, &*app.clock, &CacheAsset::of(&asset, 0)).await?;
    Ok(Some(asset))
}

/// An asset that has not been stored yet.
pub(crate) fn new_asset(url: &Url, file: &NewFile, is_optimized: bool) -> NewAsset {
    NewAsset {
        id: CacheAssetId::generate(),
        external_id: None,
        url: url.to_string(),
        url_sha256: digest_of(url),
        is_optimized,
        width: file.width,
        height: file.height,
    }
}

/// What the row of an address is found by.
pub(crate) fn digest_of(url: &Url) -> String {
    hex::encode(Sha256::digest(url.as_str().as_bytes()))
}

/// An address of the web, in the one spelling that it has here: fragments are for browsers.
pub(crate) fn checked(address: &str) -> Option<Url> {
    let mut url = Url::parse(address.trim()).ok()?;
    url.set_fragment(None);
    let is_web = matches!(url.scheme(), "http" | "https");
    (is_web && url.as_str().len() <= MAX_URL_CHARS).then_some(url)
}

/// The asset that is called so, here or by another program, and its object.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find(app: &App, name: &str) -> Result<(Asset, Option<CacheObject>), AppError> {
    let asset = named(app, name).await?.ok_or(AppError::NotFound { what: "cache asset" })?;
    let object = object_of(app, &asset).await?;
    Ok((asset, object))
}

/// The object of an asset, once it is here.
async fn object_of(app: &App, asset: &Asset) -> Result<Option<CacheObject>, AppError> {
    match asset.batch {
        Some(batch) => Ok(rows::find_object(app.db.read(), batch).await?),
        None => Ok(None),
    }
}

async fn named(app: &App, name: &str) -> Result<Option<Asset>, AppError> {
    // No database takes that for a text.
    if name.contains('\0') {
        return Ok(None);
    }
    if let Ok(id) = name.parse()
        && let Some(asset) = rows::find(app.db.read(), id).await?
    {
        return Ok(Some(asset));
    }
    Ok(rows::find_external(app.db.read(), name).await?)
}

/// Up to `limit` assets (1 to 100) of the selection.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_limit`.
pub async fn page(app: &App, selection: &Selection, limit: u64) -> Result<Page, AppError> {
    let (assets, next) =
        crate::page_of(limit, MAX_PAGE, async |limit| rows::page(app.db.read(), selection, limit).await)
            .await?;
    let next = next.then(|| assets.last().map(|asset| asset.id)).flatten();
    Ok(Page { assets: with_objects(app, assets).await?, next })
}

/// Has the asset called so fetched once more: one that has failed, or one whose file may have changed.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn refresh(app: &App, name: &str) -> Result<(Asset, Option<CacheObject>), AppError> {
    let (asset, object) = find(app, name).await?;
    let tx = app.db.begin().await?;
    let asset = fetch_again(app, &tx, asset.id).await?;
    tx.commit().await?;
    Ok((asset.ok_or(AppError::NotFound { what: "cache asset" })?, object))
}

/// Removes the asset called so. Its object goes too, unless another asset has it.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn delete(app: &App, name: &str) -> Result<(), AppError> {
    let (asset, _) = find(app, name).await?;
    let tx = app.db.begin().await?;
    delete_in(app, &tx, asset.id, |_| true).await?;
    Ok(tx.commit().await?)
}

/// The same within a transaction of its own, if the asset is as wanted when nobody can change it any more.
async fn delete_in(
    app: &App,
    tx: &Tx,
    id: CacheAssetId,
    is_wanted: impl FnOnce(&Asset) -> bool,
) -> Result<bool, AppError> {
    // Jobs before rows, as workers do: two transactions that lock in different orders would stop each other.
    jobs::cancel_by_subject(tx, &id.to_string()).await?;
    let Some(asset) = rows::hold_asset(tx, id).await?.filter(is_wanted) else { return Ok(false) };
    rows::delete(tx, id).await?;
    if let Some(batch) = asset.batch {
        release(app, tx, batch, Duration::ZERO).await?;
    }
    Ok(true)
}

/// One asset has the object no more; without any other it goes after this time.
pub(crate) async fn release(app: &App, tx: &Tx, batch: BatchId, after: Duration) -> Result<bool, DbError> {
    let is_unused = rows::delete_object_if_unused(tx, batch).await?;
    if is_unused {
        batches::leave(app, tx, ObjectOwner::Cache(batch), batch, after).await?;
    }
    Ok(is_unused)
}

/// The objects of assets, in their order.
///
/// # Errors
/// [`AppError::Db`].
pub async fn with_objects(
    app: &App,
    assets: Vec<Asset>,
) -> Result<Vec<(Asset, Option<CacheObject>)>, AppError> {
    let batches: Vec<BatchId> = assets.iter().filter_map(|asset| asset.batch).collect();
    let objects: BTreeMap<BatchId, CacheObject> = rows::find_objects(app.db.read(), &batches).await?;
    let with_object = |asset: Asset| {
        let object = asset.batch.and_then(|batch| objects.get(&batch).cloned());
        (asset, object)
    };
    Ok(assets.into_iter().map(with_object).collect())
}

/// The cache in numbers.
///
/// # Errors
/// [`AppError::Db`].
pub async fn stats(app: &App) -> Result<Stats, AppError> {
    Ok(rows::stats(app.db.read()).await?)
}
