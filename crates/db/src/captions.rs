//! Captions that people have given to a video: one file a language. They outlive its generations.

use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use telecine_model::VideoId;

use crate::entity::captions::{ActiveModel, Column, Entity, Model};
use crate::error::DbError;
use crate::transaction::Tx;

/// The captions of a video in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captions {
    /// The video.
    pub video: VideoId,
    /// Language tag (BCP 47) in its one spelling.
    pub language: String,
    /// `subtitles` or `captions`.
    pub kind: String,
    /// What people call them.
    pub name: String,
    /// Key of the WebVTT file.
    pub object_key: String,
    /// Bytes of the file.
    pub size: u64,
    /// Hex SHA-256 of the file.
    pub sha256: String,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

impl TryFrom<Model> for Captions {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "captions", id: row.video_id.clone(), column };
        Ok(Self {
            video: row.video_id.parse().map_err(|_| corrupt("video_id"))?,
            size: u64::try_from(row.size).map_err(|_| corrupt("size"))?,
            language: row.language,
            kind: row.kind,
            name: row.name,
            object_key: row.object_key,
            sha256: row.sha256,
            updated_at: row.updated_at,
        })
    }
}

/// Stores the captions of a language in the place of those that were there.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn put(tx: &Tx, captions: &Captions) -> Result<(), DbError> {
    let row = ActiveModel {
        video_id: Set(captions.video.to_string()),
        language: Set(captions.language.clone()),
        kind: Set(captions.kind.clone()),
        name: Set(captions.name.clone()),
        object_key: Set(captions.object_key.clone()),
        size: Set(captions.size.cast_signed()),
        sha256: Set(captions.sha256.clone()),
        updated_at: Set(captions.updated_at),
    };
    let replaced =
        [Column::Kind, Column::Name, Column::ObjectKey, Column::Size, Column::Sha256, Column::UpdatedAt];
    let replace =
        OnConflict::columns([Column::VideoId, Column::Language]).update_columns(replaced).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// All captions of the video, by language.
///
/// # Errors
/// [`DbError`].
pub async fn of_video(conn: &impl ConnectionTrait, video: VideoId) -> Result<Vec<Captions>, DbError> {
    let rows = Entity::find().filter(Column::VideoId.eq(video.to_string())).order_by_asc(Column::Language);
    rows.all(conn).await?.into_iter().map(Captions::try_from).collect()
}

/// Whether captions of the video are in the object with this key.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn are_in(conn: &impl ConnectionTrait, video: VideoId, object_key: &str) -> Result<bool, DbError> {
    let named = Column::VideoId.eq(video.to_string()).and(Column::ObjectKey.eq(object_key));
    Ok(Entity::find().filter(named).count(conn).await? > 0)
}

/// Removes the captions of one language.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, video: VideoId, language: &str) -> Result<(), DbError> {
    let of_language = Column::VideoId.eq(video.to_string()).and(Column::Language.eq(language));
    Entity::delete_many().filter(of_language).exec(tx.conn()).await?;
    Ok(())
}

/// Removes all captions of the video.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete_of_video(tx: &Tx, video: VideoId) -> Result<(), DbError> {
    Entity::delete_many().filter(Column::VideoId.eq(video.to_string())).exec(tx.conn()).await?;
    Ok(())
}
