//! Watermarks that videos have of their own.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use telecine_model::VideoId;

use crate::entity::watermarks::{ActiveModel, Column, Entity};
use crate::error::DbError;
use crate::transaction::Tx;

/// An image, and where it goes; what is not said is as the settings say.
#[derive(Debug, Clone, PartialEq)]
pub struct Watermark {
    /// A PNG, WebP or JPEG.
    pub image: Vec<u8>,
    /// One of nine places, such as `topleft`.
    pub position: Option<String>,
    /// Its width as a share of the video's.
    pub width: Option<f64>,
    /// Its distance from the edges as a share of the video's width.
    pub margin: Option<f64>,
    /// 0 to 1.
    pub opacity: Option<f64>,
}

/// Gives a video a watermark in the place of the one it has.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn put(tx: &Tx, video: VideoId, watermark: Watermark) -> Result<(), DbError> {
    let row = ActiveModel {
        video_id: Set(video.to_string()),
        image: Set(watermark.image),
        position: Set(watermark.position),
        width: Set(watermark.width),
        margin: Set(watermark.margin),
        opacity: Set(watermark.opacity),
    };
    let replaced = [Column::Image, Column::Position, Column::Width, Column::Margin, Column::Opacity];
    let replace = OnConflict::column(Column::VideoId).update_columns(replaced).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// The watermark of a video, if it has one of its own.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn find(conn: &impl ConnectionTrait, video: VideoId) -> Result<Option<Watermark>, DbError> {
    let row = Entity::find_by_id(video.to_string()).one(conn).await?;
    Ok(row.map(|row| Watermark {
        image: row.image,
        position: row.position,
        width: row.width,
        margin: row.margin,
        opacity: row.opacity,
    }))
}

/// Takes it away; `false` when there is none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, video: VideoId) -> Result<bool, DbError> {
    let deleted = Entity::delete_by_id(video.to_string()).exec(tx.conn()).await?;
    Ok(deleted.rows_affected > 0)
}
