//! Images: each function is one statement, and says in its name which change of state it makes.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, TryInsertResult, UpdateMany,
};
use telecine_model::{BatchId, Failure, ImageId, ImageStatus};

use crate::entity::images::{ActiveModel, Column, Entity, Model};
use crate::error::DbError;
use crate::text::contains;
use crate::transaction::Tx;

/// An image.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// The id that another program has for it.
    pub external_id: Option<String>,
    /// What people call it.
    pub title: String,
    /// Where it is in its life.
    pub status: ImageStatus,
    /// Of its making, 0 to 1.
    pub progress: f64,
    /// JSON: what it is taken from; `None` for an upload.
    pub origin: Option<String>,
    /// JSON: what is to be made of it.
    pub wish: String,
    /// Counts how often its making was asked for, from 1.
    pub revision: i64,
    /// The media type that was announced.
    pub content_type: String,
    /// Bytes of the uploaded file.
    pub size: u64,
    /// Hex SHA-256 that was announced.
    pub sha256: Option<String>,
    /// When its upload expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The source's ETag as storage gave it when it arrived.
    pub source_etag: Option<String>,
    /// The objects that viewers get.
    pub batch: Option<BatchId>,
    /// JSON: what they are.
    pub report: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// Whether it has been deleted and only its rows and objects are left.
    pub is_deleted: bool,
}

/// An image to be stored.
#[derive(Debug, Clone)]
pub struct NewImage {
    /// Its id.
    pub id: ImageId,
    /// The id that another program has for it.
    pub external_id: Option<String>,
    /// What people call it.
    pub title: String,
    /// `pending_upload`, or `processing` for one that is taken from elsewhere.
    pub status: ImageStatus,
    /// JSON: what it is taken from.
    pub origin: Option<String>,
    /// JSON: what is to be made of it.
    pub wish: String,
    /// The media type that was announced.
    pub content_type: String,
    /// Bytes that were announced.
    pub size: u64,
    /// Hex SHA-256 that was announced.
    pub sha256: Option<String>,
    /// The hash of the token that has opened its upload.
    pub upload_owner: Option<String>,
    /// When its upload expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

/// Which images, newest first.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Part of the title.
    pub text: Option<String>,
    /// Only those that are there in their life.
    pub status: Option<ImageStatus>,
    /// Only those that are older than this one.
    pub after: Option<ImageId>,
}

impl TryFrom<Model> for Image {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "images", id: row.id.clone(), column };
        let batch = row.batch.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            status: row.status.parse().map_err(|_| corrupt("status"))?,
            size: u64::try_from(row.size).map_err(|_| corrupt("size"))?,
            batch: batch.map_err(|_| corrupt("batch"))?,
            failure: crate::failure(row.failure_code, row.failure_message),
            external_id: row.external_id,
            title: row.title,
            progress: row.progress,
            origin: row.origin,
            wish: row.wish,
            revision: row.revision,
            content_type: row.content_type,
            sha256: row.sha256,
            expires_at: row.expires_at,
            source_etag: row.source_etag,
            report: row.report,
            created_at: row.created_at,
            updated_at: row.updated_at,
            is_deleted: row.deleted_at.is_some(),
        })
    }
}

/// Stores an image; `false` when its external id is taken.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert(tx: &Tx, image: &NewImage, now: i64) -> Result<bool, DbError> {
    let row = ActiveModel {
        id: Set(image.id.to_string()),
        external_id: Set(image.external_id.clone()),
        title: Set(image.title.clone()),
        status: Set(image.status.to_string()),
        progress: Set(0.0),
        origin: Set(image.origin.clone()),
        wish: Set(image.wish.clone()),
        revision: Set(1),
        content_type: Set(image.content_type.clone()),
        size: Set(image.size.cast_signed()),
        sha256: Set(image.sha256.clone()),
        upload_owner: Set(image.upload_owner.clone()),
        expires_at: Set(image.expires_at),
        created_at: Set(now),
        updated_at: Set(now),
        ..ActiveModel::default()
    };
    let taken = OnConflict::new().do_nothing().to_owned();
    let inserted =
        Entity::insert(row).on_conflict(taken).try_insert().exec_without_returning(tx.conn()).await?;
    let is_new = matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0);
    if is_new {
        tx.touch(|touched| touched.image(image.id));
    }
    Ok(is_new)
}

/// The image with this id; a deleted one is not found.
///
/// # Errors
/// [`DbError`].
pub async fn find(conn: &impl ConnectionTrait, id: ImageId) -> Result<Option<Image>, DbError> {
    Ok(find_or_deleted(conn, id).await?.filter(|image| !image.is_deleted))
}

/// The image with this id, also after it has been deleted.
///
/// # Errors
/// [`DbError`].
pub async fn find_or_deleted(conn: &impl ConnectionTrait, id: ImageId) -> Result<Option<Image>, DbError> {
    Entity::find_by_id(id.to_string()).one(conn).await?.map(Image::try_from).transpose()
}

/// The image that another program knows under this id; a deleted one is not found.
///
/// # Errors
/// [`DbError`].
pub async fn find_external(conn: &impl ConnectionTrait, external_id: &str) -> Result<Option<Image>, DbError> {
    let known = Entity::find().filter(Column::ExternalId.eq(external_id)).filter(Column::DeletedAt.is_null());
    known.one(conn).await?.map(Image::try_from).transpose()
}

/// Up to `limit` images of the selection.
///
/// # Errors
/// [`DbError`].
pub async fn page(
    conn: &impl ConnectionTrait,
    selection: &Selection,
    limit: u64,
) -> Result<Vec<Image>, DbError> {
    let mut query = Entity::find().filter(Column::DeletedAt.is_null());
    if let Some(text) = &selection.text {
        query = query.filter(contains(Column::Title, text));
    }
    if let Some(status) = selection.status {
        query = query.filter(Column::Status.eq(status.as_str()));
    }
    if let Some(after) = selection.after {
        query = query.filter(Column::Id.lt(after.to_string()));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(conn).await?;
    rows.into_iter().map(Image::try_from).collect()
}

/// How many uploads of images the owner has open.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn open_of_owner(tx: &Tx, owner: Option<&str>, now: i64) -> Result<u64, DbError> {
    let is_owner = owner.map_or_else(|| Column::UploadOwner.is_null(), |owner| Column::UploadOwner.eq(owner));
    let open = Entity::find()
        .filter(is_owner)
        .filter(Column::Status.eq(ImageStatus::PendingUpload.as_str()))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::ExpiresAt.gt(now));
    Ok(open.count(tx.conn()).await?)
}

/// Moves the end of an open upload; `false` when it is no longer open.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn extend(tx: &Tx, id: ImageId, expires_at: i64) -> Result<bool, DbError> {
    let update = Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Status.eq(ImageStatus::PendingUpload.as_str()));
    Ok(update.exec(tx.conn()).await?.rows_affected == 1)
}

/// `pending_upload` -> `processing`; `false` when it was not pending.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_processing(tx: &Tx, id: ImageId, etag: &str, now: i64) -> Result<bool, DbError> {
    let update = moved(ImageStatus::Processing, now)
        .col_expr(Column::SourceEtag, Expr::value(etag))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.eq(ImageStatus::PendingUpload.as_str()))
        .filter(Column::DeletedAt.is_null());
    run(tx, id, update).await
}

/// What an image is to become, when it is made again.
#[derive(Debug, Clone, Default)]
pub struct Again {
    /// JSON: what is to be made of it, when that has changed.
    pub wish: Option<String>,
    /// JSON: what it is taken from, when that has changed.
    pub origin: Option<String>,
}

/// Any status after the upload -> `processing`, under the next revision; `false` when there is no such image.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_processing_again(tx: &Tx, id: ImageId, again: Again, now: i64) -> Result<bool, DbError> {
    let mut update = moved(ImageStatus::Processing, now)
        .col_expr(Column::Progress, Expr::value(0.0))
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.ne(ImageStatus::PendingUpload.as_str()))
        .filter(Column::DeletedAt.is_null());
    if let Some(wish) = again.wish {
        update = update.col_expr(Column::Wish, Expr::value(wish));
    }
    if let Some(origin) = again.origin {
        update = update.col_expr(Column::Origin, Expr::value(origin));
    }
    run(tx, id, update).await
}

/// Back to `processing`, when somebody tries the failed job again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_waiting(tx: &Tx, id: ImageId, revision: i64, now: i64) -> Result<(), DbError> {
    let ended = [ImageStatus::Failed.as_str(), ImageStatus::Ready.as_str()];
    let update = moved(ImageStatus::Processing, now)
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Revision.eq(revision))
        .filter(Column::Status.is_in(ended))
        .filter(Column::DeletedAt.is_null());
    run(tx, id, update).await.map(drop)
}

/// Notes how far the making of this revision is, 0 to 1.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_progress(tx: &Tx, id: ImageId, revision: i64, progress: f64) -> Result<(), DbError> {
    let update = Entity::update_many()
        .col_expr(Column::Progress, Expr::value(progress))
        .filter(of_revision(id, revision));
    run(tx, id, update).await.map(drop)
}

/// Points the image at new objects: `processing` -> `ready`; `false` when this revision is no longer wanted.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn publish(
    tx: &Tx,
    id: ImageId,
    revision: i64,
    batch: BatchId,
    report: &str,
    now: i64,
) -> Result<bool, DbError> {
    let update = moved(ImageStatus::Ready, now)
        .col_expr(Column::Progress, Expr::value(1.0))
        .col_expr(Column::Batch, Expr::value(batch.to_string()))
        .col_expr(Column::Report, Expr::value(report))
        .filter(of_revision(id, revision));
    run(tx, id, update).await
}

/// Notes why a revision came to nothing. An image that has variants keeps them and stays `ready`.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_failed(
    tx: &Tx,
    id: ImageId,
    revision: i64,
    failure: &Failure,
    now: i64,
) -> Result<bool, DbError> {
    let status = Expr::case(Column::Batch.is_null(), ImageStatus::Failed.as_str())
        .finally(ImageStatus::Ready.as_str());
    let update = Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::FailureCode, Expr::value(failure.code.clone()))
        .col_expr(Column::FailureMessage, Expr::value(failure.message.clone()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(of_revision(id, revision));
    run(tx, id, update).await
}

/// Marks the image as deleted; `false` when there is none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_deleted(tx: &Tx, id: ImageId, now: i64) -> Result<bool, DbError> {
    let update = Entity::update_many()
        .col_expr(Column::DeletedAt, Expr::value(now))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::DeletedAt.is_null());
    run(tx, id, update).await
}

/// Marks an image as deleted whose upload is still open at `now` and has expired; `false` when it is not so.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_expired(tx: &Tx, id: ImageId, now: i64) -> Result<bool, DbError> {
    let update = Entity::update_many()
        .col_expr(Column::DeletedAt, Expr::value(now))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.eq(ImageStatus::PendingUpload.as_str()))
        .filter(Column::ExpiresAt.lte(now))
        .filter(Column::DeletedAt.is_null());
    run(tx, id, update).await
}

/// Removes the row.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, id: ImageId) -> Result<(), DbError> {
    Entity::delete_by_id(id.to_string()).exec(tx.conn()).await?;
    Ok(())
}

fn of_revision(id: ImageId, revision: i64) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(Column::Id.eq(id.to_string()))
        .add(Column::Revision.eq(revision))
        .add(Column::Status.eq(ImageStatus::Processing.as_str()))
        .add(Column::DeletedAt.is_null())
}

/// A move without failure.
fn moved(status: ImageStatus, now: i64) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::FailureCode, Expr::value(None::<String>))
        .col_expr(Column::FailureMessage, Expr::value(None::<String>))
        .col_expr(Column::UpdatedAt, Expr::value(now))
}

async fn run(tx: &Tx, id: ImageId, update: UpdateMany<Entity>) -> Result<bool, DbError> {
    let is_changed = update.exec(tx.conn()).await?.rows_affected == 1;
    if is_changed {
        tx.touch(|touched| touched.image(id));
    }
    Ok(is_changed)
}
