//! Recordings: what has been stored of a generation while it is being made, so that it can be played meanwhile and the
//! work can go on after a crash. A ready generation has its manifest instead.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use telecine_model::VideoId;

use crate::entity::recordings::{ActiveModel, Column, Entity};
use crate::error::DbError;
use crate::transaction::Tx;

/// One line: a rendition, or one of its segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Folder of the rendition, such as `v720`.
    pub rendition: String,
    /// 0 for the rendition itself, 1 for its first segment.
    pub seq: i64,
    /// JSON; what is in it is the writer's business.
    pub entry: String,
}

/// Writes a line down; a second time replaces what was written.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn record(tx: &Tx, video: VideoId, generation: i64, entry: &Entry) -> Result<(), DbError> {
    let row = ActiveModel {
        video_id: Set(video.to_string()),
        generation: Set(generation),
        rendition: Set(entry.rendition.clone()),
        seq: Set(entry.seq),
        entry: Set(entry.entry.clone()),
    };
    let key = [Column::VideoId, Column::Generation, Column::Rendition, Column::Seq];
    let replace = OnConflict::columns(key).update_column(Column::Entry).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// The line of the rendition itself: the one that is there, or this one, which is written down then.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn head_or(
    tx: &Tx,
    video: VideoId,
    generation: i64,
    rendition: &str,
    entry: String,
) -> Result<String, DbError> {
    let row = ActiveModel {
        video_id: Set(video.to_string()),
        generation: Set(generation),
        rendition: Set(rendition.to_owned()),
        seq: Set(0),
        entry: Set(entry.clone()),
    };
    let key = [Column::VideoId, Column::Generation, Column::Rendition, Column::Seq];
    let keep = OnConflict::columns(key).do_nothing().to_owned();
    Entity::insert(row).on_conflict(keep).try_insert().exec_without_returning(tx.conn()).await?;
    let head = of_rendition(video, generation, rendition).and(Column::Seq.eq(0));
    let found = Entity::find().filter(head).one(tx.conn()).await?;
    Ok(found.map_or(entry, |row| row.entry))
}

/// How many segments of a rendition are written down.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn count_segments(
    conn: &impl ConnectionTrait,
    video: VideoId,
    generation: i64,
    rendition: &str,
) -> Result<u64, DbError> {
    let segments = of_rendition(video, generation, rendition).and(Column::Seq.gt(0));
    Ok(Entity::find().filter(segments).count(conn).await?)
}

/// Replaces the line of the rendition itself.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn replace_head(
    tx: &Tx,
    video: VideoId,
    generation: i64,
    rendition: &str,
    entry: &str,
) -> Result<(), DbError> {
    let head = of_rendition(video, generation, rendition).and(Column::Seq.eq(0));
    Entity::update_many().col_expr(Column::Entry, Expr::value(entry)).filter(head).exec(tx.conn()).await?;
    Ok(())
}

/// Everything that is written down of the generation, rendition by rendition, each in order.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn of_generation(
    conn: &impl ConnectionTrait,
    video: VideoId,
    generation: i64,
) -> Result<Vec<Entry>, DbError> {
    let rows = Entity::find()
        .filter(Column::VideoId.eq(video.to_string()).and(Column::Generation.eq(generation)))
        .order_by_asc(Column::Rendition)
        .order_by_asc(Column::Seq);
    let rows = rows.all(conn).await?.into_iter();
    Ok(rows.map(|row| Entry { rendition: row.rendition, seq: row.seq, entry: row.entry }).collect())
}

/// Strikes off one rendition.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn strike_rendition(
    tx: &Tx,
    video: VideoId,
    generation: i64,
    rendition: &str,
) -> Result<(), DbError> {
    Entity::delete_many().filter(of_rendition(video, generation, rendition)).exec(tx.conn()).await?;
    Ok(())
}

/// Strikes off what was written of one generation.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn strike_generation(tx: &Tx, video: VideoId, generation: i64) -> Result<(), DbError> {
    let of_generation = Column::VideoId.eq(video.to_string()).and(Column::Generation.eq(generation));
    Entity::delete_many().filter(of_generation).exec(tx.conn()).await?;
    Ok(())
}

/// Strikes off everything that was written of the video.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn strike_video(tx: &Tx, video: VideoId) -> Result<(), DbError> {
    Entity::delete_many().filter(Column::VideoId.eq(video.to_string())).exec(tx.conn()).await?;
    Ok(())
}

fn of_rendition(video: VideoId, generation: i64, rendition: &str) -> sea_orm::sea_query::SimpleExpr {
    let of_generation = Column::VideoId.eq(video.to_string()).and(Column::Generation.eq(generation));
    of_generation.and(Column::Rendition.eq(rendition))
}
