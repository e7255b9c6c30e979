//! The media cache: assets, which are addresses on other people's servers, and the objects that hold what was found there.
//! Assets whose bytes are equal share one object.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult, UpdateMany,
};
use telecine_model::{BatchId, CacheAssetId, CacheStatus, Failure};

use crate::entity::cache_assets::{ActiveModel, Column, Entity, Model};
use crate::entity::cache_objects as objects;
use crate::error::DbError;
use crate::text::contains;
use crate::transaction::Tx;

/// Rows of one statement.
const CHUNK: usize = 500;

/// An address and what became of it.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its id.
    pub id: CacheAssetId,
    /// The id that another program has for it.
    pub external_id: Option<String>,
    /// The address.
    pub url: String,
    /// Whether pictures are made smaller on their way in.
    pub is_optimized: bool,
    /// Where it is in its life.
    pub status: CacheStatus,
    /// Counts how often it was asked for, from 1.
    pub revision: i64,
    /// Its object.
    pub batch: Option<BatchId>,
    /// Pixels across, as somebody has said.
    pub width: Option<i32>,
    /// Pixels down, as somebody has said.
    pub height: Option<i32>,
    /// The ETag of the file at the address.
    pub etag: Option<String>,
    /// When the file at the address was changed, as its server says it.
    pub last_modified: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Whether its object was given up to make room.
    pub is_evicted: bool,
    /// When somebody last asked for its address, in milliseconds since 1970.
    pub used_at: i64,
    /// When its server last said what it has there, in milliseconds since 1970.
    pub checked_at: Option<i64>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// A file that assets have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheObject {
    /// Names it in storage.
    pub batch: BatchId,
    /// Hex SHA-256.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// The media type by its first bytes.
    pub content_type: String,
    /// Pixels across, if it was decoded.
    pub width: Option<i32>,
    /// Pixels down.
    pub height: Option<i32>,
}

/// An asset to be stored, unless its address is known.
#[derive(Debug, Clone)]
pub struct NewAsset {
    /// The id that a new one gets.
    pub id: CacheAssetId,
    /// The id that another program has for it.
    pub external_id: Option<String>,
    /// The address.
    pub url: String,
    /// Hex SHA-256 of the address: addresses are longer than what an index takes.
    pub url_sha256: String,
    /// Whether pictures are made smaller on their way in.
    pub is_optimized: bool,
    /// Pixels across, as somebody says.
    pub width: Option<i32>,
    /// Pixels down.
    pub height: Option<i32>,
}

/// What a server says about the file at an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its ETag.
    pub etag: Option<String>,
    /// When it was changed.
    pub last_modified: Option<String>,
}

/// Which assets, newest first.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Part of the address.
    pub text: Option<String>,
    /// Only those that are there in their life.
    pub status: Option<CacheStatus>,
    /// Only those that are older than this one.
    pub after: Option<CacheAssetId>,
}

/// The cache in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Assets that wait.
    pub pending: u64,
    /// Assets that are being fetched.
    pub downloading: u64,
    /// Assets that are in storage.
    pub cached: u64,
    /// Assets that could not be fetched.
    pub failed: u64,
    /// Objects in storage.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl TryFrom<Model> for Asset {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "cache_assets", id: row.id.clone(), column };
        let batch = row.batch.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            status: row.status.parse().map_err(|_| corrupt("status"))?,
            batch: batch.map_err(|_| corrupt("batch"))?,
            failure: crate::failure(row.failure_code, row.failure_message),
            external_id: row.external_id,
            url: row.url,
            is_optimized: row.optimized,
            revision: row.revision,
            width: row.width,
            height: row.height,
            etag: row.etag,
            last_modified: row.last_modified,
            is_evicted: row.evicted,
            used_at: row.used_at,
            checked_at: row.checked_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl TryFrom<objects::Model> for CacheObject {
    type Error = DbError;

    fn try_from(row: objects::Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "cache_objects", id: row.batch.clone(), column };
        Ok(Self {
            batch: row.batch.parse().map_err(|_| corrupt("batch"))?,
            size: u64::try_from(row.size).map_err(|_| corrupt("size"))?,
            sha256: row.sha256,
            content_type: row.content_type,
            width: row.width,
            height: row.height,
        })
    }
}

/// Stores the assets whose addresses are not known yet, and gives all of them, by the digest of the address and whether they
/// are optimized.
///
/// # Errors
/// [`DbError`].
pub async fn insert_missing(
    tx: &Tx,
    assets: &[NewAsset],
    now: i64,
) -> Result<BTreeMap<(String, bool), Asset>, DbError> {
    let mut found = BTreeMap::new();
    // Two requests with the same addresses must not wait for each other.
    let mut sorted: Vec<&NewAsset> = assets.iter().collect();
    sorted.sort_by_key(|asset| (&asset.url_sha256, asset.is_optimized));
    for chunk in sorted.chunks(CHUNK) {
        let rows = chunk.iter().map(|asset| ActiveModel {
            id: Set(asset.id.to_string()),
            external_id: Set(asset.external_id.clone()),
            url: Set(asset.url.clone()),
            url_sha256: Set(asset.url_sha256.clone()),
            optimized: Set(asset.is_optimized),
            status: Set(CacheStatus::Pending.to_string()),
            revision: Set(1),
            width: Set(asset.width),
            height: Set(asset.height),
            evicted: Set(false),
            used_at: Set(now),
            created_at: Set(now),
            updated_at: Set(now),
            batch: Set(None),
            etag: Set(None),
            last_modified: Set(None),
            failure_code: Set(None),
            failure_message: Set(None),
            checked_at: Set(None),
        });
        let known = OnConflict::new().do_nothing().to_owned();
        Entity::insert_many(rows).on_conflict(known).try_insert().exec_without_returning(tx.conn()).await?;
        let digests = chunk.iter().map(|asset| asset.url_sha256.clone());
        for row in Entity::find().filter(Column::UrlSha256.is_in(digests)).all(tx.conn()).await? {
            let key = (row.url_sha256.clone(), row.optimized);
            found.insert(key, Asset::try_from(row)?);
        }
    }
    for asset in assets {
        let is_new = found.values().any(|known| known.id == asset.id);
        if is_new {
            tx.touch(|touched| touched.asset(asset.id));
        }
    }
    Ok(found)
}

/// The asset with this id.
///
/// # Errors
/// [`DbError`].
pub async fn find(conn: &impl ConnectionTrait, id: CacheAssetId) -> Result<Option<Asset>, DbError> {
    Entity::find_by_id(id.to_string()).one(conn).await?.map(Asset::try_from).transpose()
}

/// The assets with these ids, as far as there are any.
///
/// # Errors
/// [`DbError`].
pub async fn find_many(
    conn: &impl ConnectionTrait,
    ids: &[CacheAssetId],
) -> Result<BTreeMap<CacheAssetId, Asset>, DbError> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(ToString::to_string);
        for row in Entity::find().filter(Column::Id.is_in(ids)).all(conn).await? {
            let asset = Asset::try_from(row)?;
            found.insert(asset.id, asset);
        }
    }
    Ok(found)
}

/// The asset that another program knows under this id.
///
/// # Errors
/// [`DbError`].
pub async fn find_external(conn: &impl ConnectionTrait, external_id: &str) -> Result<Option<Asset>, DbError> {
    let known = Entity::find().filter(Column::ExternalId.eq(external_id));
    known.one(conn).await?.map(Asset::try_from).transpose()
}

/// The assets that other programs know under these ids, by those.
///
/// # Errors
/// [`DbError`].
pub async fn find_many_external(
    conn: &impl ConnectionTrait,
    external_ids: &[&str],
) -> Result<BTreeMap<String, Asset>, DbError> {
    let mut found = BTreeMap::new();
    for chunk in external_ids.chunks(CHUNK) {
        let ids = chunk.iter().copied();
        for row in Entity::find().filter(Column::ExternalId.is_in(ids)).all(conn).await? {
            let asset = Asset::try_from(row)?;
            found.extend(asset.external_id.clone().map(|id| (id, asset)));
        }
    }
    Ok(found)
}

/// The asset of this address, by its digest.
///
/// # Errors
/// [`DbError`].
pub async fn find_by_url(
    conn: &impl ConnectionTrait,
    url_sha256: &str,
    is_optimized: bool,
) -> Result<Option<Asset>, DbError> {
    let known =
        Entity::find().filter(Column::UrlSha256.eq(url_sha256)).filter(Column::Optimized.eq(is_optimized));
    known.one(conn).await?.map(Asset::try_from).transpose()
}

/// Gives the asset the id that another program has for it, unless it has one.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_external_id(tx: &Tx, id: CacheAssetId, external_id: &str) -> Result<(), DbError> {
    let update = Entity::update_many()
        .col_expr(Column::ExternalId, Expr::value(external_id))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::ExternalId.is_null());
    update.exec(tx.conn()).await?;
    Ok(())
}

/// The asset with this id, which nobody changes before the transaction ends.
///
/// # Errors
/// [`DbError`].
pub async fn hold_asset(tx: &Tx, id: CacheAssetId) -> Result<Option<Asset>, DbError> {
    // An update that changes nothing locks the row, on both databases alike.
    let update = Entity::update_many()
        .col_expr(Column::Revision, Expr::col(Column::Revision))
        .filter(Column::Id.eq(id.to_string()));
    let rows = update.exec_with_returning(tx.conn()).await?;
    rows.into_iter().next().map(Asset::try_from).transpose()
}

/// Up to `limit` assets of the selection.
///
/// # Errors
/// [`DbError`].
pub async fn page(
    conn: &impl ConnectionTrait,
    selection: &Selection,
    limit: u64,
) -> Result<Vec<Asset>, DbError> {
    let mut query = Entity::find();
    if let Some(text) = &selection.text {
        query = query.filter(contains(Column::Url, text));
    }
    if let Some(status) = selection.status {
        query = query.filter(Column::Status.eq(status.as_str()));
    }
    if let Some(after) = selection.after {
        query = query.filter(Column::Id.lt(after.to_string()));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(conn).await?;
    rows.into_iter().map(Asset::try_from).collect()
}

/// `PENDING` or `FAILED` -> `DOWNLOADING`. One that is `CACHED` stays so while its server is asked again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_downloading(tx: &Tx, id: CacheAssetId, revision: i64, now: i64) -> Result<bool, DbError> {
    let update = moved(CacheStatus::Downloading, now)
        .filter(of_revision(id, revision))
        .filter(Column::Status.ne(CacheStatus::Cached.as_str()));
    run(tx, id, update).await
}

/// Gives the asset its object; `false` when this revision is no longer wanted.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_cached(
    tx: &Tx,
    id: CacheAssetId,
    revision: i64,
    batch: BatchId,
    validators: &Validators,
    now: i64,
) -> Result<bool, DbError> {
    let update = moved(CacheStatus::Cached, now)
        .col_expr(Column::Batch, Expr::value(batch.to_string()))
        .col_expr(Column::Etag, Expr::value(validators.etag.clone()))
        .col_expr(Column::LastModified, Expr::value(validators.last_modified.clone()))
        .col_expr(Column::Evicted, Expr::value(false))
        .col_expr(Column::CheckedAt, Expr::value(now))
        .filter(of_revision(id, revision));
    run(tx, id, update).await
}

/// Notes that the server still has what is in storage.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_checked(tx: &Tx, id: CacheAssetId, revision: i64, now: i64) -> Result<bool, DbError> {
    let update =
        Entity::update_many().col_expr(Column::CheckedAt, Expr::value(now)).filter(of_revision(id, revision));
    Ok(update.exec(tx.conn()).await?.rows_affected == 1)
}

/// Notes why a revision came to nothing. What is in storage stays there and stays `CACHED`.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_failed(
    tx: &Tx,
    id: CacheAssetId,
    revision: i64,
    failure: &Failure,
    now: i64,
) -> Result<bool, DbError> {
    let status = Expr::case(Column::Batch.is_null(), CacheStatus::Failed.as_str())
        .finally(CacheStatus::Cached.as_str());
    let update = Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::FailureCode, Expr::value(failure.code.clone()))
        .col_expr(Column::FailureMessage, Expr::value(failure.message.clone()))
        .col_expr(Column::CheckedAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(of_revision(id, revision));
    run(tx, id, update).await
}

/// Asks for an asset once more: under the next revision, and `PENDING` unless it is in storage. Gives the asset as it is
/// then.
///
/// # Errors
/// [`DbError`].
pub async fn ask_again(tx: &Tx, id: CacheAssetId, now: i64) -> Result<Option<Asset>, DbError> {
    let status = Expr::case(Column::Batch.is_null(), CacheStatus::Pending.as_str())
        .finally(CacheStatus::Cached.as_str());
    let update = Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .col_expr(Column::FailureCode, Expr::value(None::<String>))
        .col_expr(Column::FailureMessage, Expr::value(None::<String>))
        .col_expr(Column::Evicted, Expr::value(false))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id.to_string()));
    if !run(tx, id, update).await? {
        return Ok(None);
    }
    find(tx.conn(), id).await
}

/// `FAILED` -> `PENDING`, when somebody tries the failed job again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_waiting(tx: &Tx, id: CacheAssetId, revision: i64, now: i64) -> Result<(), DbError> {
    let update = moved(CacheStatus::Pending, now)
        .filter(of_revision(id, revision))
        .filter(Column::Status.eq(CacheStatus::Failed.as_str()));
    run(tx, id, update).await.map(drop)
}

/// Takes it upon the caller to have an asset looked at again: one that was given up, or was last looked at before
/// `checked_before`. `false` when somebody else has done so.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn claim_check(tx: &Tx, id: CacheAssetId, checked_before: i64, now: i64) -> Result<bool, DbError> {
    let is_due = Condition::any().add(Column::Evicted.eq(true)).add(Column::CheckedAt.lt(checked_before));
    let update = Entity::update_many()
        .col_expr(Column::CheckedAt, Expr::value(now))
        .col_expr(Column::Evicted, Expr::value(false))
        // What is fetched again is not the first to go again.
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Id.eq(id.to_string()))
        .filter(is_due);
    Ok(update.exec(tx.conn()).await?.rows_affected == 1)
}

/// Notes that somebody has asked for the addresses of these assets.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_used(tx: &Tx, ids: &[CacheAssetId], now: i64) -> Result<(), DbError> {
    for chunk in ids.chunks(CHUNK) {
        Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(now))
            .filter(Column::Id.is_in(chunk.iter().map(ToString::to_string)))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// Takes the object from an asset, which is then `PENDING` and evicted until somebody asks for it.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_evicted(tx: &Tx, id: CacheAssetId, batch: BatchId, now: i64) -> Result<bool, DbError> {
    let update = moved(CacheStatus::Pending, now)
        .col_expr(Column::Batch, Expr::value(None::<String>))
        .col_expr(Column::Etag, Expr::value(None::<String>))
        .col_expr(Column::LastModified, Expr::value(None::<String>))
        .col_expr(Column::Evicted, Expr::value(true))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Batch.eq(batch.to_string()));
    run(tx, id, update).await
}

/// Up to `limit` assets that failed before `before`, by their ids and behind `after`.
///
/// # Errors
/// [`DbError`].
pub async fn failed(
    conn: &impl ConnectionTrait,
    before: i64,
    after: Option<CacheAssetId>,
    limit: u64,
) -> Result<Vec<Asset>, DbError> {
    let mut query = Entity::find()
        .filter(Column::Status.eq(CacheStatus::Failed.as_str()))
        .filter(Column::UpdatedAt.lte(before));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after.to_string()));
    }
    let rows = query.order_by_asc(Column::Id).limit(limit).all(conn).await?;
    rows.into_iter().map(Asset::try_from).collect()
}

/// Up to `limit` assets for which nobody has asked since `before` and that nobody fetches, those unused for longest first.
///
/// # Errors
/// [`DbError`].
pub async fn unused_since(
    conn: &impl ConnectionTrait,
    before: i64,
    limit: u64,
) -> Result<Vec<Asset>, DbError> {
    let query = Entity::find().filter(Column::UsedAt.lt(before)).filter(is_at_rest());
    let rows = query.order_by_asc(Column::UsedAt).limit(limit).all(conn).await?;
    rows.into_iter().map(Asset::try_from).collect()
}

/// How many assets [`unused_since`] would give without a limit, and the bytes of the objects that only they have.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn count_unused_since(conn: &impl ConnectionTrait, before: i64) -> Result<(u64, u64), DbError> {
    let unused = Entity::find().filter(Column::UsedAt.lt(before)).filter(is_at_rest()).count(conn).await?;
    let kept = Query::select()
        .column(Column::Batch)
        .from(Entity)
        .and_where(Column::UsedAt.gte(before))
        .and_where(Column::Batch.is_not_null())
        .to_owned();
    let bytes = objects::Entity::find()
        .select_only()
        .column_as(Expr::col(objects::Column::Size).sum().cast_as("BIGINT"), "bytes")
        .filter(objects::Column::Batch.not_in_subquery(kept));
    let bytes: Option<Option<i64>> = bytes.into_tuple().one(conn).await?;
    Ok((unused, bytes.flatten().unwrap_or_default().cast_unsigned()))
}

/// Up to `limit` assets that are in storage, those unused for longest first.
///
/// # Errors
/// [`DbError`].
pub async fn least_recently_used(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<Asset>, DbError> {
    let query = Entity::find().filter(Column::Status.eq(CacheStatus::Cached.as_str()));
    let rows = query.order_by_asc(Column::UsedAt).limit(limit).all(conn).await?;
    rows.into_iter().map(Asset::try_from).collect()
}

/// Removes the asset; `false` when there is none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, id: CacheAssetId) -> Result<bool, DbError> {
    let is_gone = Entity::delete_by_id(id.to_string()).exec(tx.conn()).await?.rows_affected > 0;
    if is_gone {
        tx.touch(|touched| touched.asset(id));
    }
    Ok(is_gone)
}

/// The object with these bytes, which nobody takes away before the transaction ends.
///
/// # Errors
/// [`DbError`].
pub async fn hold_object(tx: &Tx, sha256: &str) -> Result<Option<CacheObject>, DbError> {
    hold(tx, objects::Column::Sha256.eq(sha256)).await
}

/// The object with this name, which nobody takes away before the transaction ends.
///
/// # Errors
/// [`DbError`].
pub async fn hold_batch(tx: &Tx, batch: BatchId) -> Result<Option<CacheObject>, DbError> {
    hold(tx, objects::Column::Batch.eq(batch.to_string())).await
}

/// Stores an object; `false` when another one has the same bytes.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert_object(tx: &Tx, object: &CacheObject, now: i64) -> Result<bool, DbError> {
    let row = objects::ActiveModel {
        batch: Set(object.batch.to_string()),
        sha256: Set(object.sha256.clone()),
        size: Set(object.size.cast_signed()),
        content_type: Set(object.content_type.clone()),
        width: Set(object.width),
        height: Set(object.height),
        created_at: Set(now),
    };
    let taken = OnConflict::new().do_nothing().to_owned();
    let inserted = objects::Entity::insert(row)
        .on_conflict(taken)
        .try_insert()
        .exec_without_returning(tx.conn())
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
}

/// Removes the row of an object that no asset has; `false` when one has it, or it is gone.
///
/// # Errors
/// [`DbError`].
pub async fn delete_object_if_unused(tx: &Tx, batch: BatchId) -> Result<bool, DbError> {
    // Held first, so that what the count sees stays true.
    if hold_batch(tx, batch).await?.is_none() {
        return Ok(false);
    }
    if Entity::find().filter(Column::Batch.eq(batch.to_string())).count(tx.conn()).await? > 0 {
        return Ok(false);
    }
    objects::Entity::delete_by_id(batch.to_string()).exec(tx.conn()).await?;
    Ok(true)
}

/// The object, if assets may have it.
///
/// # Errors
/// [`DbError`].
pub async fn find_object(
    conn: &impl ConnectionTrait,
    batch: BatchId,
) -> Result<Option<CacheObject>, DbError> {
    let row = objects::Entity::find_by_id(batch.to_string()).one(conn).await?;
    row.map(CacheObject::try_from).transpose()
}

/// The objects of these names, as far as there are any.
///
/// # Errors
/// [`DbError`].
pub async fn find_objects(
    conn: &impl ConnectionTrait,
    batches: &[BatchId],
) -> Result<BTreeMap<BatchId, CacheObject>, DbError> {
    let mut found = BTreeMap::new();
    for chunk in batches.chunks(CHUNK) {
        let names = chunk.iter().map(ToString::to_string);
        for row in objects::Entity::find().filter(objects::Column::Batch.is_in(names)).all(conn).await? {
            let object = CacheObject::try_from(row)?;
            found.insert(object.batch, object);
        }
    }
    Ok(found)
}

/// Bytes of all objects.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn total_bytes(conn: &impl ConnectionTrait) -> Result<u64, DbError> {
    Ok(object_sums(conn).await?.1)
}

/// The cache in numbers.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn stats(conn: &impl ConnectionTrait) -> Result<Stats, DbError> {
    let by_status = Entity::find()
        .select_only()
        .column(Column::Status)
        .column_as(Column::Id.count(), "assets")
        .group_by(Column::Status);
    let by_status: Vec<(String, i64)> = by_status.into_tuple().all(conn).await?;
    let count = |status: CacheStatus| {
        let found = by_status.iter().find(|(name, _)| name == status.as_str());
        found.map_or(0, |(_, assets)| assets.cast_unsigned())
    };
    let (objects, bytes) = object_sums(conn).await?;
    Ok(Stats {
        pending: count(CacheStatus::Pending),
        downloading: count(CacheStatus::Downloading),
        cached: count(CacheStatus::Cached),
        failed: count(CacheStatus::Failed),
        objects,
        bytes,
    })
}

async fn object_sums(conn: &impl ConnectionTrait) -> Result<(u64, u64), DbError> {
    let query = objects::Entity::find()
        .select_only()
        .column_as(objects::Column::Batch.count(), "objects")
        // Of a sum of BIGINT PostgreSQL makes a NUMERIC.
        .column_as(Expr::col(objects::Column::Size).sum().cast_as("BIGINT"), "bytes");
    let sums = query.into_tuple::<(i64, Option<i64>)>().one(conn).await?.unwrap_or_default();
    Ok((sums.0.cast_unsigned(), sums.1.unwrap_or_default().cast_unsigned()))
}

/// An update that changes nothing locks the row, on both databases alike.
async fn hold(tx: &Tx, of: sea_orm::sea_query::Expr) -> Result<Option<CacheObject>, DbError> {
    let update = objects::Entity::update_many()
        .col_expr(objects::Column::Size, Expr::col(objects::Column::Size))
        .filter(of);
    let rows = update.exec_with_returning(tx.conn()).await?;
    rows.into_iter().next().map(CacheObject::try_from).transpose()
}

impl Asset {
    /// Whether nobody has asked for it since `before`, and nobody fetches it.
    #[must_use]
    pub fn is_unused_since(&self, before: i64) -> bool {
        let is_at_rest = matches!(self.status, CacheStatus::Cached | CacheStatus::Failed) || self.is_evicted;
        is_at_rest && self.used_at < before
    }
}

fn is_at_rest() -> Condition {
    let at_rest = [CacheStatus::Cached.as_str(), CacheStatus::Failed.as_str()];
    Condition::any().add(Column::Status.is_in(at_rest)).add(Column::Evicted.eq(true))
}

fn of_revision(id: CacheAssetId, revision: i64) -> Condition {
    Condition::all().add(Column::Id.eq(id.to_string())).add(Column::Revision.eq(revision))
}

/// A move without failure.
fn moved(status: CacheStatus, now: i64) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::FailureCode, Expr::value(None::<String>))
        .col_expr(Column::FailureMessage, Expr::value(None::<String>))
        .col_expr(Column::UpdatedAt, Expr::value(now))
}

async fn run(tx: &Tx, id: CacheAssetId, update: UpdateMany<Entity>) -> Result<bool, DbError> {
    let is_changed = update.exec(tx.conn()).await?.rows_affected == 1;
    if is_changed {
        tx.touch(|touched| touched.asset(id));
    }
    Ok(is_changed)
}
