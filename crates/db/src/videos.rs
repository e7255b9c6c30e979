//! Videos: each function is one statement, and says in its name which change of state it makes.

use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TryInsertResult, UpdateMany,
};
use telecine_model::{Failure, VideoId, VideoStatus, Visibility};

use crate::entity::videos::{ActiveModel, Column, Entity, Model};
use crate::error::DbError;
use crate::text::contains;
use crate::transaction::Tx;

/// A video.
#[derive(Debug, Clone)]
pub struct Video {
    /// Its id.
    pub id: VideoId,
    /// What people call it.
    pub title: String,
    /// What people tell about it; may be empty.
    pub description: String,
    /// What people find it by.
    pub tags: Vec<String>,
    /// Who may watch it.
    pub visibility: Visibility,
    /// The second that its poster shows; `None` for the encoder's choice.
    pub poster_s: Option<f64>,
    /// Where it is in its life.
    pub status: VideoStatus,
    /// Whether a first rendition is published.
    pub playable: bool,
    /// 0 to 1.
    pub progress: f64,
    /// The newest generation of outputs that was begun; 0 before the first.
    pub generation: i64,
    /// The generation that viewers get.
    pub published_generation: Option<i64>,
    /// The verified generation that viewers keep while the video is processed again.
    pub live_generation: Option<i64>,
    /// Bytes of the uploaded file.
    pub source_size: u64,
    /// The source's ETag as storage gave it when it arrived.
    pub source_etag: Option<String>,
    /// Seconds.
    pub duration_s: Option<f64>,
    /// Display width in pixels.
    pub width: Option<i32>,
    /// Display height in pixels.
    pub height: Option<i32>,
    /// JSON: which outputs the published generation has.
    pub outputs: Option<String>,
    /// Grows with every change of its captions; 0 before the first.
    pub captions_revision: i64,
    /// The revision of the captions that the stored documents of the published generation know; 0 for none.
    pub documents_revision: i64,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// Where a video stands, also after it has been deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it is in its life.
    pub status: VideoStatus,
    /// The generation that viewers get.
    pub published_generation: Option<i64>,
    /// The verified generation that viewers keep while the video is processed again.
    pub live_generation: Option<i64>,
    /// Whether its source is in storage.
    pub has_source: bool,
    /// Whether it has been deleted and only its rows and objects are left.
    pub is_deleted: bool,
}

/// Which videos, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Part of the title, the description or a tag.
    pub text: Option<String>,
    /// Only those that are there in their life.
    pub status: Option<VideoStatus>,
    /// What comes first.
    pub order: Order,
    /// Only those behind this one in the order.
    pub after: Option<VideoId>,
}

/// The order of a list of videos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By the time of upload.
    #[default]
    Newest,
    /// The other way round.
    Oldest,
    /// By title, without regard to case.
    Title,
}

/// What people tell about a video; what is left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// What people call it.
    pub title: Option<String>,
    /// What people tell about it.
    pub description: Option<String>,
    /// Who may watch it.
    pub visibility: Option<Visibility>,
    /// What people find it by.
    pub tags: Option<Vec<String>>,
    /// The second that its poster shows; `Some(None)` for the encoder's choice.
    pub poster_s: Option<Option<f64>>,
}

/// What publishing writes into the row.
#[derive(Debug, Clone)]
pub struct Published {
    /// The generation that viewers get from now on.
    pub generation: i64,
    /// Seconds.
    pub duration_s: f64,
    /// Display size in pixels; `None` for audio.
    pub size: Option<(i32, i32)>,
    /// JSON: which outputs the generation has.
    pub outputs: String,
}

impl Video {
    /// Whether viewers get outputs that are still being made.
    #[must_use]
    pub fn is_growing(&self) -> bool {
        self.status == VideoStatus::Processing && self.live_generation.is_none()
    }
}

impl TryFrom<Model> for Video {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "videos", id: row.id.clone(), column };
        let failure = crate::failure(row.failure_code, row.failure_message);
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            status: row.status.parse().map_err(|_| corrupt("status"))?,
            source_size: u64::try_from(row.source_size).map_err(|_| corrupt("source_size"))?,
            title: row.title,
            description: row.description,
            tags: serde_json::from_str(&row.tags).map_err(|_| corrupt("tags"))?,
            visibility: row.visibility.parse().map_err(|_| corrupt("visibility"))?,
            poster_s: row.poster_s,
            playable: row.playable,
            progress: row.progress,
            generation: row.generation,
            published_generation: row.published_generation,
            live_generation: row.live_generation,
            source_etag: row.source_etag,
            duration_s: row.duration_s,
            width: row.width,
            height: row.height,
            outputs: row.outputs,
            captions_revision: row.captions_revision,
            documents_revision: row.documents_revision,
            failure,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Stores a video whose upload has just been opened.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert_pending(
    tx: &Tx,
    id: VideoId,
    title: &str,
    source_size: u64,
    now: i64,
) -> Result<(), DbError> {
    let row = ActiveModel {
        id: Set(id.to_string()),
        title: Set(title.to_owned()),
        status: Set(VideoStatus::PendingUpload.to_string()),
        playable: Set(false),
        progress: Set(0.0),
        generation: Set(0),
        source_size: Set(source_size.cast_signed()),
        created_at: Set(now),
        updated_at: Set(now),
        ..ActiveModel::default()
    };
    Entity::insert(row).exec_without_returning(tx.conn()).await?;
    tx.touch(|touched| touched.video(id));
    Ok(())
}

/// Stores a video that is processed as soon as its source has been fetched, under the id that another program gave it.
/// `false` when that id is taken.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert_import(
    tx: &Tx,
    id: VideoId,
    external_id: &str,
    title: &str,
    now: i64,
) -> Result<bool, DbError> {
    let row = ActiveModel {
        id: Set(id.to_string()),
        title: Set(title.to_owned()),
        status: Set(VideoStatus::Processing.to_string()),
        playable: Set(false),
        progress: Set(0.0),
        generation: Set(0),
        source_size: Set(0),
        external_id: Set(Some(external_id.to_owned())),
        created_at: Set(now),
        updated_at: Set(now),
        ..ActiveModel::default()
    };
    let taken = OnConflict::new().do_nothing().to_owned();
    let inserted =
        Entity::insert(row).on_conflict(taken).try_insert().exec_without_returning(tx.conn()).await?;
    let is_new = matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0);
    if is_new {
        tx.touch(|touched| touched.video(id));
    }
    Ok(is_new)
}

/// The video that another program knows under this id; a deleted one is not found.
///
/// # Errors
/// [`DbError`].
pub async fn find_external(conn: &impl ConnectionTrait, external_id: &str) -> Result<Option<Video>, DbError> {
    let known = Entity::find().filter(Column::ExternalId.eq(external_id)).filter(Column::DeletedAt.is_null());
    known.one(conn).await?.map(Video::try_from).transpose()
}

/// The video with this id; a deleted one is not found.
///
/// # Errors
/// [`DbError`].
pub async fn find(conn: &impl ConnectionTrait, id: VideoId) -> Result<Option<Video>, DbError> {
    let row = Entity::find_by_id(id.to_string()).filter(Column::DeletedAt.is_null()).one(conn).await?;
    row.map(Video::try_from).transpose()
}

/// Where the video stands; `None` when no row is left of it.
///
/// # Errors
/// [`DbError`].
pub async fn standing(conn: &impl ConnectionTrait, id: VideoId) -> Result<Option<Standing>, DbError> {
    let Some(row) = Entity::find_by_id(id.to_string()).one(conn).await? else { return Ok(None) };
    let is_deleted = row.deleted_at.is_some();
    let video = Video::try_from(row)?;
    let Video { status, published_generation, live_generation, source_etag, .. } = video;
    let has_source = source_etag.is_some();
    Ok(Some(Standing { status, published_generation, live_generation, has_source, is_deleted }))
}

/// Up to `limit` videos of the selection.
///
/// # Errors
/// [`DbError`].
pub async fn page(
    conn: &impl ConnectionTrait,
    selection: &Selection,
    limit: u64,
) -> Result<Vec<Video>, DbError> {
    let mut query = Entity::find().filter(Column::DeletedAt.is_null());
    if let Some(status) = selection.status {
        query = query.filter(Column::Status.eq(status.as_str()));
    }
    if let Some(text) = &selection.text {
        query = query.filter(mentions(text));
    }
    let id = selection.after.map(|video| video.to_string());
    query = match (selection.order, id) {
        (_, None) => query,
        (Order::Newest, Some(id)) => query.filter(Column::Id.lt(id)),
        (Order::Oldest, Some(id)) => query.filter(Column::Id.gt(id)),
        (Order::Title, Some(id)) => {
            let found = Entity::find_by_id(id.as_str()).one(conn).await?;
            // The row is gone by now: there is no telling where it was.
            let Some(last) = found else { return Ok(Vec::new()) };
            let title = || Func::lower(Expr::col(Column::Title));
            let of_last = || Func::lower(Expr::value(last.title.as_str()));
            let behind = Expr::expr(title()).gt(of_last());
            let beside = Expr::expr(title()).eq(of_last()).and(Column::Id.gt(id));
            query.filter(behind.or(beside))
        }
    };
    query = match selection.order {
        Order::Newest => query.order_by_desc(Column::Id),
        Order::Oldest => query.order_by_asc(Column::Id),
        Order::Title => {
            query.order_by_asc(Expr::expr(Func::lower(Expr::col(Column::Title)))).order_by_asc(Column::Id)
        }
    };
    let rows = query.limit(limit).all(conn).await?;
    rows.into_iter().map(Video::try_from).collect()
}

/// Whether the text is part of title, description or tags, in upper or lower case.
fn mentions(text: &str) -> Expr {
    let found = contains(Column::Title, text).or(contains(Column::Description, text));
    // Tags are an array in JSON: what holds it together is not theirs.
    if text.chars().all(|letter| "[],".contains(letter)) {
        return found;
    }
    let in_json = serde_json::json!(text).to_string();
    found.or(contains(Column::Tags, &in_json[1..in_json.len() - 1]))
}

/// Changes what people tell about the video; `false` when there is no such video.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_details(tx: &Tx, id: VideoId, details: &Details, now: i64) -> Result<bool, DbError> {
    let mut change = live(id).col_expr(Column::UpdatedAt, Expr::value(now));
    let tags = details.tags.as_ref().map(|tags| serde_json::json!(tags).to_string());
    let texts = [
        (Column::Title, details.title.as_deref()),
        (Column::Description, details.description.as_deref()),
        (Column::Visibility, details.visibility.map(Visibility::as_str)),
        (Column::Tags, tags.as_deref()),
    ];
    for (column, text) in texts {
        if let Some(text) = text {
            change = change.col_expr(column, Expr::value(text));
        }
    }
    if let Some(second) = details.poster_s {
        change = change.col_expr(Column::PosterS, Expr::value(second));
    }
    changed_one(tx, id, change).await
}

/// `pending_upload` -> `processing`: the source has arrived with this ETag.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_processing(tx: &Tx, id: VideoId, source_etag: &str, now: i64) -> Result<bool, DbError> {
    let change = in_status(id, VideoStatus::PendingUpload)
        .col_expr(Column::Status, Expr::value(VideoStatus::Processing.as_str()))
        .col_expr(Column::SourceEtag, Expr::value(source_etag))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

/// Notes the bytes of a source whose size was not announced.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_source_size(tx: &Tx, id: VideoId, source_size: u64) -> Result<(), DbError> {
    let change = in_status(id, VideoStatus::PendingUpload)
        .col_expr(Column::SourceSize, Expr::value(source_size.cast_signed()));
    change.exec(tx.conn()).await?;
    Ok(())
}

/// Notes the source that was fetched for a video that is being processed.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_source(tx: &Tx, id: VideoId, size: u64, etag: &str, now: i64) -> Result<bool, DbError> {
    let change = in_status(id, VideoStatus::Processing)
        .col_expr(Column::SourceSize, Expr::value(size.cast_signed()))
        .col_expr(Column::SourceEtag, Expr::value(etag))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

/// Begins a new generation of outputs of a video that is being processed and returns its number; `None` when the
/// video is in another state or gone.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn begin_generation(tx: &Tx, id: VideoId) -> Result<Option<i64>, DbError> {
    let change = in_status(id, VideoStatus::Processing)
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .col_expr(Column::Progress, Expr::value(0.0));
    let rows = change.exec_with_returning(tx.conn()).await?;
    Ok(rows.first().map(|row| row.generation))
}

/// Notes how far the processing is, 0 to 1.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_progress(tx: &Tx, id: VideoId, progress: f64, now: i64) -> Result<bool, DbError> {
    let change = in_status(id, VideoStatus::Processing)
        .col_expr(Column::Progress, Expr::value(progress))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

/// Viewers get what there is of a generation that is still being made, in the place of an unfinished older one; `false` when
/// they have a verified one.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_playable(tx: &Tx, id: VideoId, published: &Published, now: i64) -> Result<bool, DbError> {
    let newest = in_status(id, VideoStatus::Processing)
        .filter(Column::Generation.eq(published.generation))
        .filter(Column::LiveGeneration.is_null());
    changed_one(tx, id, pointing_at(newest, published, now)).await
}

/// `processing` -> `ready`: viewers get the generation, which is the newest, from now on.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_ready(tx: &Tx, id: VideoId, published: &Published, now: i64) -> Result<bool, DbError> {
    let change = in_status(id, VideoStatus::Processing)
        .filter(Column::Generation.eq(published.generation))
        .col_expr(Column::Status, Expr::value(VideoStatus::Ready.as_str()))
        .col_expr(Column::LiveGeneration, Expr::value(None::<i64>))
        .col_expr(Column::Progress, Expr::value(1.0));
    changed_one(tx, id, pointing_at(change, published, now)).await
}

fn pointing_at(change: UpdateMany<Entity>, published: &Published, now: i64) -> UpdateMany<Entity> {
    let (width, height) = published.size.unzip();
    change
        .col_expr(Column::Playable, Expr::value(true))
        .col_expr(Column::PublishedGeneration, Expr::value(published.generation))
        .col_expr(Column::DurationS, Expr::value(published.duration_s))
        .col_expr(Column::Width, Expr::value(width))
        .col_expr(Column::Height, Expr::value(height))
        .col_expr(Column::Outputs, Expr::value(published.outputs.as_str()))
        .col_expr(Column::DocumentsRevision, Expr::value(0))
        .col_expr(Column::UpdatedAt, Expr::value(now))
}

/// `processing` -> `failed`. What viewers got of it so far is withdrawn. A video that was processed again is `ready` as it
/// was before.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_failed(tx: &Tx, id: VideoId, failure: &Failure, now: i64) -> Result<bool, DbError> {
    let as_before = in_status(id, VideoStatus::Processing)
        .filter(Column::LiveGeneration.is_not_null())
        .col_expr(Column::Status, Expr::value(VideoStatus::Ready.as_str()))
        .col_expr(Column::Progress, Expr::value(1.0))
        .col_expr(Column::LiveGeneration, Expr::value(None::<i64>))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    if changed_one(tx, id, as_before).await? {
        return Ok(true);
    }
    let change = in_status(id, VideoStatus::Processing)
        .col_expr(Column::Status, Expr::value(VideoStatus::Failed.as_str()))
        .col_expr(Column::Playable, Expr::value(false))
        .col_expr(Column::PublishedGeneration, Expr::value(None::<i64>))
        .col_expr(Column::Outputs, Expr::value(None::<String>))
        .col_expr(Column::FailureCode, Expr::value(failure.code.as_str()))
        .col_expr(Column::FailureMessage, Expr::value(failure.message.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

/// `ready` -> `processing`, because it is processed again; viewers keep what they have. `false` when it is not ready, or its
/// source is gone.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_reprocessing(tx: &Tx, id: VideoId, now: i64) -> Result<bool, DbError> {
    let change = in_status(id, VideoStatus::Ready)
        .filter(Column::SourceEtag.is_not_null())
        .col_expr(Column::Status, Expr::value(VideoStatus::Processing.as_str()))
        .col_expr(Column::LiveGeneration, Expr::col(Column::PublishedGeneration))
        .col_expr(Column::Progress, Expr::value(0.0))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

/// Notes that the source of a ready video has been deleted. `false` when the video is in another state.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn forget_source(tx: &Tx, id: VideoId) -> Result<bool, DbError> {
    let change = in_status(id, VideoStatus::Ready).col_expr(Column::SourceEtag, Expr::value(None::<String>));
    changed_one(tx, id, change).await
}

/// `failed` -> `processing`, because its job is tried again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_processing_again(tx: &Tx, id: VideoId, now: i64) -> Result<bool, DbError> {
    let change = in_status(id, VideoStatus::Failed)
        .col_expr(Column::Status, Expr::value(VideoStatus::Processing.as_str()))
        .col_expr(Column::Progress, Expr::value(0.0))
        .col_expr(Column::FailureCode, Expr::value(None::<String>))
        .col_expr(Column::FailureMessage, Expr::value(None::<String>))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

/// Counts a change of the video's captions and returns the number; `None` when there is no such video.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn count_captions_change(tx: &Tx, id: VideoId, now: i64) -> Result<Option<i64>, DbError> {
    let change = live(id)
        .col_expr(Column::CaptionsRevision, Expr::col(Column::CaptionsRevision).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    let rows = change.exec_with_returning(tx.conn()).await?;
    tx.touch(|touched| touched.video(id));
    Ok(rows.first().map(|row| row.captions_revision))
}

/// Viewers get the documents of the generation that know this revision of the captions. `false` when they have newer ones
/// or those of another generation.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn set_documents_revision(
    tx: &Tx,
    id: VideoId,
    generation: i64,
    revision: i64,
    now: i64,
) -> Result<bool, DbError> {
    let is_verified = Column::Status.eq(VideoStatus::Ready.as_str()).or(Column::LiveGeneration.is_not_null());
    let change = live(id)
        .filter(is_verified)
        .filter(Column::PublishedGeneration.eq(generation))
        .filter(Column::DocumentsRevision.lt(revision))
        .col_expr(Column::DocumentsRevision, Expr::value(revision))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

/// Hides the video from everybody; its objects and rows are removed by a job. `false` when it was not there.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_deleted(tx: &Tx, id: VideoId, now: i64) -> Result<bool, DbError> {
    changed_one(tx, id, live(id).col_expr(Column::DeletedAt, Expr::value(now))).await
}

/// Removes the row.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, id: VideoId) -> Result<(), DbError> {
    Entity::delete_by_id(id.to_string()).exec(tx.conn()).await?;
    Ok(())
}

/// Keeps others from beginning to process the video until the transaction ends; `false` when it is processed, or there is none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn hold_unless_processing(tx: &Tx, id: VideoId, now: i64) -> Result<bool, DbError> {
    let change = live(id)
        .filter(Column::Status.ne(VideoStatus::Processing.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    changed_one(tx, id, change).await
}

fn live(id: VideoId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id.to_string())).filter(Column::DeletedAt.is_null())
}

fn in_status(id: VideoId, status: VideoStatus) -> UpdateMany<Entity> {
    live(id).filter(Column::Status.eq(status.as_str()))
}

async fn changed_one(tx: &Tx, id: VideoId, change: UpdateMany<Entity>) -> Result<bool, DbError> {
    let is_changed = change.exec(tx.conn()).await?.rows_affected == 1;
    if is_changed {
        tx.touch(|touched| touched.video(id));
    }
    Ok(is_changed)
}
