//! Where a cached file is to be had: in storage once it is there, and before that where it was found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use telecine_db::cache::{self as rows, Asset};
use telecine_model::{CacheAssetId, CacheStatus, key};
use telecine_storage::StoreError;

use super::{fetch_again, named};
use crate::{App, AppError};

/// Names in one request, at most.
pub const MAX_NAMES: usize = 500;
/// Bytes of a name: as many as a key of S3 may have, and more than any address here.
const MAX_NAME_BYTES: usize = 4096;
/// Use is noted no more often than this: it only tells what was not used for long.
const USED_EVERY: Duration = Duration::from_secs(600);

/// The address that a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The address; `None` for a name that stands for nothing.
    pub url: Option<String>,
    /// Where the asset is in its life; `None` for what is no asset.
    pub status: Option<CacheStatus>,
}

/// The address that the name of an asset stands for. `original` is used where nothing is known of it. Keys of objects from before are
/// for those who may change something: they may be anything that is in the bucket.
///
/// # Errors
/// [`AppError::NotFound`] when there is nothing to give.
pub async fn address(
    app: &App,
    name: &str,
    original: Option<&str>,
    may_name_keys: bool,
) -> Result<Named, AppError> {
    let asset = named(app, name).await?;
    if let Some(asset) = &asset {
        note_use(app, std::slice::from_ref(asset)).await?;
    }
    let named = resolve(app, name, asset.as_ref(), original, may_name_keys).await?;
    if named.url.is_some() { Ok(named) } else { Err(AppError::NotFound { what: "cache asset" }) }
}

/// The same for many names at once, in their order; what stands for nothing has no address.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_ids`.
pub async fn addresses(
    app: &App,
    names: &[String],
    originals: &[Option<String>],
) -> Result<Vec<Named>, AppError> {
    let is_too_long = names.iter().any(|name| name.len() > MAX_NAME_BYTES);
    if names.is_empty() || names.len() > MAX_NAMES || is_too_long {
        let sentence =
            format!("ids must hold 1 to {MAX_NAMES} ids of assets, or keys of objects from before");
        return Err(AppError::invalid("invalid_ids", sentence));
    }
    let ids: Vec<CacheAssetId> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let known: BTreeMap<CacheAssetId, Asset> = rows::find_many(app.db.read(), &ids).await?;
    let other =
        |name: &&String| !name.contains('\0') && !name.parse().is_ok_and(|id| known.contains_key(&id));
    let others: Vec<&str> = names.iter().filter(other).map(String::as_str).collect();
    let external = rows::find_many_external(app.db.read(), &others).await?;
    let mut used = Vec::new();
    let mut all = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let by_id = name.parse().ok().and_then(|id| known.get(&id));
        let asset = by_id.or_else(|| external.get(name)).cloned();
        let original = originals.get(index).and_then(Option::as_deref);
        all.push(resolve(app, name, asset.as_ref(), original, true).await?);
        used.extend(asset);
    }
    note_use(app, &used).await?;
    Ok(all)
}

async fn resolve(
    app: &App,
    name: &str,
    asset: Option<&Asset>,
    original: Option<&str>,
    may_name_keys: bool,
) -> Result<Named, AppError> {
    if let Some(asset) = asset {
        let url = match asset.batch {
            Some(batch) => app.urls.public(&key::cached(batch)).await?.as_ref().to_owned(),
            None => asset.url.clone(),
        };
        return Ok(Named { url: Some(url), status: Some(asset.status) });
    }
    let legacy = if may_name_keys { of_legacy_key(app, name).await? } else { None };
    let url = match legacy {
        Some(url) => Some(url),
        None => original.and_then(super::checked).map(String::from),
    };
    Ok(Named { url, status: None })
}

/// Rows of clients may still hold keys of objects that were stored before there was a cache, or plain addresses.
async fn of_legacy_key(app: &App, name: &str) -> Result<Option<String>, AppError> {
    if let Some(url) = super::checked(name) {
        return Ok(Some(url.into()));
    }
    // What is ours has its own ways in; an id is no key.
    let is_id = name.parse::<CacheAssetId>().is_ok();
    if is_id || key::is_in_our_rooms(name) || !name.contains('/') || name.starts_with('/') {
        return Ok(None);
    }
    match app.urls.public(name).await {
        Ok(url) => Ok(Some(url.as_ref().to_owned())),
        Err(StoreError::InvalidKey { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Notes that the assets are used, has those fetched that were given up, and has servers asked about those that may have
/// changed.
async fn note_use(app: &App, assets: &[Asset]) -> Result<(), AppError> {
    let now = app.clock.now();
    let before = |wait: Duration| (now - wait).as_millisecond();
    let (used_before, now_ms) = (before(USED_EVERY), now.as_millisecond());
    let stale_before = app.cache.revalidate_after().map(before);
    let mut used: Vec<CacheAssetId> =
        assets.iter().filter(|asset| asset.used_at < used_before).map(|asset| asset.id).collect();
    used.sort_unstable();
    let is_stale = |asset: &&Asset| {
        let is_old = stale_before.is_some_and(|before| asset.checked_at.is_some_and(|at| at < before));
        asset.is_evicted || (is_old && asset.status == CacheStatus::Cached)
    };
    // In one order for all who ask: their transactions must not wait for each other.
    let wanted: BTreeSet<CacheAssetId> = assets.iter().filter(is_stale).map(|asset| asset.id).collect();
    if used.is_empty() && wanted.is_empty() {
        return Ok(());
    }
    let tx = app.db.begin().await?;
    rows::mark_used(&tx, &used, now_ms).await?;
    for id in wanted {
        // Others who ask now find it as checked: one job is enough.
        if rows::claim_check(&tx, id, stale_before.unwrap_or(i64::MIN), now_ms).await? {
            fetch_again(app, &tx, id).await?;
        }
    }
    Ok(tx.commit().await?)
}
