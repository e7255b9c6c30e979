//! Upload sessions.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect,
    Statement,
};
use telecine_model::{UploadId, UploadMode, UploadStatus, VideoId};

use crate::entity::uploads::{ActiveModel, Column, Entity, Model};
use crate::entity::videos;
use crate::error::DbError;
use crate::transaction::Tx;

/// The namespace of the locks of owners among the advisory locks of PostgreSQL; any number.
const OWNER_LOCKS: i32 = 735_311;
/// `uploads.mode` of the modes that columns of their own do not tell.
const FORM: &str = "form";
const FREE_PARTS: &str = "free_parts";

/// An upload session.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The video the file becomes.
    pub video_id: VideoId,
    /// Where it is in its life.
    pub status: UploadStatus,
    /// The name the person's file has; shown, never used as a path or key.
    pub filename: String,
    /// The media type that was announced and signed.
    pub content_type: String,
    /// Announced bytes; in a mode without an announcement those that have been seen to arrive.
    pub size: u64,
    /// How the bytes travel.
    pub mode: UploadMode,
    /// The storage's id of the multipart upload.
    pub storage_upload_id: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970; moves with activity.
    pub expires_at: i64,
    /// Hex SHA-256 of the file, when the client announced it.
    pub sha256: Option<String>,
    /// The hash of the token that opened it; `None` for browsers that came by a printed link.
    pub owner: Option<String>,
}

/// What an owner has open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenUploads {
    /// Sessions.
    pub sessions: u64,
    /// Announced bytes of these sessions.
    pub bytes: u64,
}

impl TryFrom<Model> for Upload {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "uploads", id: row.id.clone(), column };
        let mode = match (row.part_size, row.part_count, row.mode.as_deref()) {
            (Some(size), Some(count), _) => UploadMode::Multipart {
                part_size: u64::try_from(size).map_err(|_| corrupt("part_size"))?,
                part_count: u32::try_from(count).map_err(|_| corrupt("part_count"))?,
            },
            (_, _, Some(FORM)) => UploadMode::Form,
            (_, _, Some(FREE_PARTS)) => UploadMode::FreeParts,
            (_, _, None) => UploadMode::Put,
            (_, _, Some(_)) => return Err(corrupt("mode")),
        };
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            video_id: row.video_id.parse().map_err(|_| corrupt("video_id"))?,
            status: row.status.parse().map_err(|_| corrupt("status"))?,
            size: u64::try_from(row.size).map_err(|_| corrupt("size"))?,
            mode,
            filename: row.filename,
            content_type: row.content_type,
            storage_upload_id: row.storage_upload_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            sha256: row.sha256,
            owner: row.owner,
        })
    }
}

/// Stores a new session.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert(tx: &Tx, upload: &Upload) -> Result<(), DbError> {
    let (part_size, part_count) = match upload.mode {
        UploadMode::Multipart { part_size, part_count } => {
            (Some(part_size.cast_signed()), Some(part_count.cast_signed()))
        }
        _ => (None, None),
    };
    let mode = match upload.mode {
        UploadMode::Put | UploadMode::Multipart { .. } => None,
        UploadMode::Form => Some(FORM.to_owned()),
        UploadMode::FreeParts => Some(FREE_PARTS.to_owned()),
    };
    let row = ActiveModel {
        id: Set(upload.id.to_string()),
        video_id: Set(upload.video_id.to_string()),
        status: Set(upload.status.to_string()),
        filename: Set(upload.filename.clone()),
        content_type: Set(upload.content_type.clone()),
        size: Set(upload.size.cast_signed()),
        part_size: Set(part_size),
        part_count: Set(part_count),
        storage_upload_id: Set(upload.storage_upload_id.clone()),
        created_at: Set(upload.created_at),
        expires_at: Set(upload.expires_at),
        sha256: Set(upload.sha256.clone()),
        owner: Set(upload.owner.clone()),
        mode: Set(mode),
    };
    Entity::insert(row).exec_without_returning(tx.conn()).await?;
    tx.touch(|touched| touched.upload(upload.id));
    Ok(())
}

/// The session with this id.
///
/// # Errors
/// [`DbError`].
pub async fn find(conn: &impl ConnectionTrait, id: UploadId) -> Result<Option<Upload>, DbError> {
    Entity::find_by_id(id.to_string()).one(conn).await?.map(Upload::try_from).transpose()
}

/// Whether the session is open, and stays so until the transaction ends.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn is_open(tx: &Tx, id: UploadId) -> Result<bool, DbError> {
    // A write locks the row against `mark_stored` on PostgreSQL; SQLite has one writer anyway.
    let touch = Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::col(Column::ExpiresAt))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.eq(UploadStatus::Open.as_str()));
    Ok(touch.exec(tx.conn()).await?.rows_affected == 1)
}

/// The session that brought this video.
///
/// # Errors
/// [`DbError`].
pub async fn find_by_video(conn: &impl ConnectionTrait, video: VideoId) -> Result<Option<Upload>, DbError> {
    let row = Entity::find().filter(Column::VideoId.eq(video.to_string())).one(conn).await?;
    row.map(Upload::try_from).transpose()
}

/// Makes transactions that open uploads of one owner take turns, so that what [`open_of_owner`] tells stays true until
/// the transaction ends.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn lock_owner(tx: &Tx, owner: Option<&str>) -> Result<(), DbError> {
    // SQLite has one writer anyway.
    if tx.conn().get_database_backend() == DbBackend::Postgres {
        let lock = "SELECT pg_advisory_xact_lock($1, hashtext($2))";
        let values = [OWNER_LOCKS.into(), owner.unwrap_or_default().into()];
        tx.conn().execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, lock, values)).await?;
    }
    Ok(())
}

/// What the owner has open at `now`, without sessions of deleted videos and those that have expired.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn open_of_owner(tx: &Tx, owner: Option<&str>, now: i64) -> Result<OpenUploads, DbError> {
    let is_owner = owner.map_or_else(|| Column::Owner.is_null(), |owner| Column::Owner.eq(owner));
    let deleted = Query::select()
        .column(videos::Column::Id)
        .from(videos::Entity)
        .and_where(videos::Column::DeletedAt.is_not_null())
        .to_owned();
    let query = Entity::find()
        .select_only()
        .column_as(Column::Id.count(), "sessions")
        // Of a sum of BIGINT PostgreSQL makes a NUMERIC.
        .column_as(Expr::col(Column::Size).sum().cast_as("BIGINT"), "bytes")
        .filter(is_owner)
        .filter(Column::Status.eq(UploadStatus::Open.as_str()))
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::VideoId.not_in_subquery(deleted));
    let (sessions, bytes) =
        query.into_tuple::<(i64, Option<i64>)>().one(tx.conn()).await?.unwrap_or_default();
    Ok(OpenUploads { sessions: sessions.cast_unsigned(), bytes: bytes.unwrap_or_default().cast_unsigned() })
}

/// Notes how many bytes have arrived so far for an open session whose size was not announced.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_size(tx: &Tx, id: UploadId, size: u64) -> Result<(), DbError> {
    let update = Entity::update_many()
        .col_expr(Column::Size, Expr::value(size.cast_signed()))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.eq(UploadStatus::Open.as_str()));
    update.exec(tx.conn()).await?;
    Ok(())
}

/// Notes under which id storage has opened the multipart upload.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_storage_upload_id(tx: &Tx, id: UploadId, storage_upload_id: &str) -> Result<(), DbError> {
    let update = Entity::update_many()
        .col_expr(Column::StorageUploadId, Expr::value(storage_upload_id))
        .filter(Column::Id.eq(id.to_string()));
    update.exec(tx.conn()).await?;
    Ok(())
}

/// `open` -> `stored`; `false` when it was not open.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_stored(tx: &Tx, id: UploadId) -> Result<bool, DbError> {
    end_open(tx, id, UploadStatus::Stored, i64::MAX).await
}

/// `open` -> `expired`, unless it was not open or has been prolonged beyond `now`; then `false`.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_expired(tx: &Tx, id: UploadId, now: i64) -> Result<bool, DbError> {
    end_open(tx, id, UploadStatus::Expired, now).await
}

async fn end_open(tx: &Tx, id: UploadId, end: UploadStatus, expires_by: i64) -> Result<bool, DbError> {
    let update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(end.as_str()))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.eq(UploadStatus::Open.as_str()))
        .filter(Column::ExpiresAt.lte(expires_by));
    let is_ended = update.exec(tx.conn()).await?.rows_affected == 1;
    if is_ended {
        tx.touch(|touched| touched.upload(id));
    }
    Ok(is_ended)
}

/// Moves the time at which an idle session expires; `false` when it is no longer open.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn extend(tx: &Tx, id: UploadId, expires_at: i64) -> Result<bool, DbError> {
    let update = Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.eq(UploadStatus::Open.as_str()));
    Ok(update.exec(tx.conn()).await?.rows_affected == 1)
}

/// Moves the end of an open session whose parts have no announced sizes, and counts `parts` more addresses that are signed
/// for it. Gives how many there are now; `None` when it is no longer open.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn extend_signed(
    tx: &Tx,
    id: UploadId,
    expires_at: i64,
    parts: u32,
) -> Result<Option<u32>, DbError> {
    let update = Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .col_expr(Column::PartCount, Expr::col(Column::PartCount).if_null(0).add(parts.cast_signed()))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::Status.eq(UploadStatus::Open.as_str()));
    let rows = update.exec_with_returning(tx.conn()).await?;
    Ok(rows.first().and_then(|row| row.part_count).map(i32::cast_unsigned))
}

/// Removes the session of a video.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete_by_video(tx: &Tx, video: VideoId) -> Result<(), DbError> {
    Entity::delete_many().filter(Column::VideoId.eq(video.to_string())).exec(tx.conn()).await?;
    Ok(())
}
