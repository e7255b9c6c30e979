//! Movies and their episodes, whose pictures and previews are brought from elsewhere.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult, UpdateMany,
};
use telecine_model::{EpisodeId, EpisodeStatus, Failure, MovieId, VideoId};

use crate::entity::episodes::{
    ActiveModel as EpisodeRow, Column as EpisodeColumn, Entity as Episodes, Model as EpisodeModel,
};
use crate::entity::movies::{ActiveModel, Column, Entity, Model};
use crate::error::DbError;
use crate::text::contains;
use crate::transaction::Tx;

/// Rows of one statement.
const CHUNK: usize = 500;

/// A movie, or a series: something that has episodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movie {
    /// Its id.
    pub id: MovieId,
    /// The id that another program has for it.
    pub external_id: Option<String>,
    /// What people call it.
    pub title: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// Whether it has been deleted and only its rows and objects are left.
    pub is_deleted: bool,
}

/// An episode of a movie.
#[derive(Debug, Clone)]
pub struct Episode {
    /// Its id.
    pub id: EpisodeId,
    /// The movie.
    pub movie: MovieId,
    /// The id that another program has for it.
    pub external_id: Option<String>,
    /// Its place in the movie.
    pub number: i32,
    /// What people call it.
    pub title: String,
    /// Where its files are.
    pub status: EpisodeStatus,
    /// Counts how often they were asked for, from 1.
    pub revision: i64,
    /// Where its picture came from; served until it is in storage.
    pub thumbnail_url: Option<String>,
    /// Key of its picture in storage.
    pub thumbnail_key: Option<String>,
    /// Its picture in some 25 bytes, in Base64.
    pub thumbhash: Option<String>,
    /// Where its preview came from; served until it is in storage.
    pub preview_url: Option<String>,
    /// Key of its preview in storage.
    pub preview_key: Option<String>,
    /// Where its video came from.
    pub video_url: Option<String>,
    /// The video that is made of that.
    pub video: Option<VideoId>,
    /// Why its files could not be brought.
    pub failure: Option<Failure>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// An episode to be stored.
#[derive(Debug, Clone)]
pub struct NewEpisode {
    /// The id that a new one gets.
    pub id: EpisodeId,
    /// The id that another program has for it.
    pub external_id: Option<String>,
    /// Its place in the movie.
    pub number: i32,
    /// What people call it.
    pub title: String,
    /// Where its picture is.
    pub thumbnail_url: Option<String>,
    /// Where its preview is.
    pub preview_url: Option<String>,
    /// Where its video is.
    pub video_url: Option<String>,
    /// The video that is made of that.
    pub video: Option<VideoId>,
}

/// What was brought into storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Key of the picture.
    pub thumbnail_key: Option<String>,
    /// The picture in some 25 bytes, in Base64.
    pub thumbhash: Option<String>,
    /// Key of the preview.
    pub preview_key: Option<String>,
}

/// How many episodes of a movie are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// All of them.
    pub episodes: u64,
    /// Those whose files are in storage.
    pub stored: u64,
    /// Those whose files could not be brought.
    pub failed: u64,
}

impl TryFrom<Model> for Movie {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "movies", id: row.id.clone(), column };
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            external_id: row.external_id,
            title: row.title,
            created_at: row.created_at,
            updated_at: row.updated_at,
            is_deleted: row.deleted_at.is_some(),
        })
    }
}

impl TryFrom<EpisodeModel> for Episode {
    type Error = DbError;

    fn try_from(row: EpisodeModel) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "episodes", id: row.id.clone(), column };
        let video = row.video_id.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            movie: row.movie_id.parse().map_err(|_| corrupt("movie_id"))?,
            status: row.status.parse().map_err(|_| corrupt("status"))?,
            video: video.map_err(|_| corrupt("video_id"))?,
            failure: crate::failure(row.failure_code, row.failure_message),
            external_id: row.external_id,
            number: row.number,
            title: row.title,
            revision: row.revision,
            thumbnail_url: row.thumbnail_url,
            thumbnail_key: row.thumbnail_key,
            thumbhash: row.thumbhash,
            preview_url: row.preview_url,
            preview_key: row.preview_key,
            video_url: row.video_url,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Stores a movie; `false` when its external id is taken.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert(
    tx: &Tx,
    id: MovieId,
    external_id: Option<&str>,
    title: &str,
    now: i64,
) -> Result<bool, DbError> {
    let row = ActiveModel {
        id: Set(id.to_string()),
        external_id: Set(external_id.map(str::to_owned)),
        title: Set(title.to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    let taken = OnConflict::new().do_nothing().to_owned();
    let inserted =
        Entity::insert(row).on_conflict(taken).try_insert().exec_without_returning(tx.conn()).await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
}

/// The movie with this id; a deleted one is not found.
///
/// # Errors
/// [`DbError`].
pub async fn find(conn: &impl ConnectionTrait, id: MovieId) -> Result<Option<Movie>, DbError> {
    Ok(find_or_deleted(conn, id).await?.filter(|movie| !movie.is_deleted))
}

/// The movie with this id, also after it has been deleted.
///
/// # Errors
/// [`DbError`].
pub async fn find_or_deleted(conn: &impl ConnectionTrait, id: MovieId) -> Result<Option<Movie>, DbError> {
    Entity::find_by_id(id.to_string()).one(conn).await?.map(Movie::try_from).transpose()
}

/// The movie that another program knows under this id; a deleted one is not found.
///
/// # Errors
/// [`DbError`].
pub async fn find_external(conn: &impl ConnectionTrait, external_id: &str) -> Result<Option<Movie>, DbError> {
    let known = Entity::find().filter(Column::ExternalId.eq(external_id)).filter(Column::DeletedAt.is_null());
    known.one(conn).await?.map(Movie::try_from).transpose()
}

/// Up to `limit` movies, newest first, whose titles hold `text` and that are older than `after`.
///
/// # Errors
/// [`DbError`].
pub async fn page(
    conn: &impl ConnectionTrait,
    text: Option<&str>,
    after: Option<MovieId>,
    limit: u64,
) -> Result<Vec<Movie>, DbError> {
    let mut query = Entity::find().filter(Column::DeletedAt.is_null());
    if let Some(text) = text {
        query = query.filter(contains(Column::Title, text));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after.to_string()));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(conn).await?;
    rows.into_iter().map(Movie::try_from).collect()
}

/// Marks the movie as deleted; `false` when there is none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_deleted(tx: &Tx, id: MovieId, now: i64) -> Result<bool, DbError> {
    let update = Entity::update_many()
        .col_expr(Column::DeletedAt, Expr::value(now))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::DeletedAt.is_null());
    Ok(update.exec(tx.conn()).await?.rows_affected == 1)
}

/// Removes the movie and its episodes.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, id: MovieId) -> Result<(), DbError> {
    Episodes::delete_many().filter(EpisodeColumn::MovieId.eq(id.to_string())).exec(tx.conn()).await?;
    Entity::delete_by_id(id.to_string()).exec(tx.conn()).await?;
    Ok(())
}

/// Stores episodes. One whose number the movie has already keeps its id, gets what is new, and the next revision; its files
/// stay until others have come. Gives all of them by number.
///
/// # Errors
/// [`DbError`].
pub async fn put_episodes(
    tx: &Tx,
    movie: MovieId,
    episodes: &[NewEpisode],
    now: i64,
) -> Result<BTreeMap<i32, Episode>, DbError> {
    let mut stored = BTreeMap::new();
    // Two requests with the same numbers must not wait for each other.
    let mut sorted: Vec<&NewEpisode> = episodes.iter().collect();
    sorted.sort_by_key(|episode| episode.number);
    for chunk in sorted.chunks(CHUNK) {
        let rows = chunk.iter().map(|episode| EpisodeRow {
            id: Set(episode.id.to_string()),
            movie_id: Set(movie.to_string()),
            external_id: Set(episode.external_id.clone()),
            number: Set(episode.number),
            title: Set(episode.title.clone()),
            status: Set(EpisodeStatus::Pending.to_string()),
            revision: Set(1),
            thumbnail_url: Set(episode.thumbnail_url.clone()),
            preview_url: Set(episode.preview_url.clone()),
            video_url: Set(episode.video_url.clone()),
            video_id: Set(episode.video.map(|video| video.to_string())),
            created_at: Set(now),
            updated_at: Set(now),
            thumbnail_key: Set(None),
            thumbhash: Set(None),
            preview_key: Set(None),
            failure_code: Set(None),
            failure_message: Set(None),
        });
        use EpisodeColumn as It;
        let mut again = OnConflict::columns([It::MovieId, It::Number]);
        again
            .update_columns([It::Title, It::Status, It::ThumbnailUrl, It::PreviewUrl, It::UpdatedAt])
            .update_columns([It::FailureCode, It::FailureMessage])
            .value(It::VideoUrl, Expr::cust("COALESCE(excluded.video_url, episodes.video_url)"))
            .value(It::VideoId, Expr::cust("COALESCE(excluded.video_id, episodes.video_id)"))
            .value(It::Revision, Expr::cust("episodes.revision + 1"));
        Episodes::insert_many(rows).on_conflict(again).exec_without_returning(tx.conn()).await?;
        let numbers = chunk.iter().map(|episode| episode.number);
        let found = Episodes::find()
            .filter(EpisodeColumn::MovieId.eq(movie.to_string()))
            .filter(EpisodeColumn::Number.is_in(numbers));
        for row in found.all(tx.conn()).await? {
            let episode = Episode::try_from(row)?;
            tx.touch(|touched| touched.episode(episode.id));
            stored.insert(episode.number, episode);
        }
    }
    Ok(stored)
}

/// The episode with this id.
///
/// # Errors
/// [`DbError`].
pub async fn find_episode(conn: &impl ConnectionTrait, id: EpisodeId) -> Result<Option<Episode>, DbError> {
    Episodes::find_by_id(id.to_string()).one(conn).await?.map(Episode::try_from).transpose()
}

/// The episode that another program knows under this id.
///
/// # Errors
/// [`DbError`].
pub async fn find_external_episode(
    conn: &impl ConnectionTrait,
    external_id: &str,
) -> Result<Option<Episode>, DbError> {
    let known = Episodes::find().filter(EpisodeColumn::ExternalId.eq(external_id));
    known.one(conn).await?.map(Episode::try_from).transpose()
}

/// The episodes of the movie in their order.
///
/// # Errors
/// [`DbError`].
pub async fn episodes(conn: &impl ConnectionTrait, movie: MovieId) -> Result<Vec<Episode>, DbError> {
    let query = Episodes::find()
        .filter(EpisodeColumn::MovieId.eq(movie.to_string()))
        .order_by_asc(EpisodeColumn::Number);
    query.all(conn).await?.into_iter().map(Episode::try_from).collect()
}

/// Whether a file of an episode of the movie is below this prefix.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn any_file_below(
    conn: &impl ConnectionTrait,
    movie: MovieId,
    prefix: &str,
) -> Result<bool, DbError> {
    let below = Condition::any()
        .add(EpisodeColumn::ThumbnailKey.starts_with(prefix))
        .add(EpisodeColumn::PreviewKey.starts_with(prefix));
    let found = Episodes::find().filter(EpisodeColumn::MovieId.eq(movie.to_string())).filter(below);
    Ok(found.count(conn).await? > 0)
}

/// The episodes of the movie that have one of these numbers, by those.
///
/// # Errors
/// [`DbError`].
pub async fn find_numbers(
    conn: &impl ConnectionTrait,
    movie: MovieId,
    numbers: &[i32],
) -> Result<BTreeMap<i32, Episode>, DbError> {
    let mut found = BTreeMap::new();
    for chunk in numbers.chunks(CHUNK) {
        let query = Episodes::find()
            .filter(EpisodeColumn::MovieId.eq(movie.to_string()))
            .filter(EpisodeColumn::Number.is_in(chunk.iter().copied()));
        for row in query.all(conn).await? {
            let episode = Episode::try_from(row)?;
            found.insert(episode.number, episode);
        }
    }
    Ok(found)
}

/// The movie, if it is there, which nobody deletes before the transaction ends.
///
/// # Errors
/// [`DbError`].
pub async fn hold(tx: &Tx, id: MovieId) -> Result<Option<Movie>, DbError> {
    // An update that changes nothing locks the row, on both databases alike.
    let update = Entity::update_many()
        .col_expr(Column::Title, Expr::col(Column::Title))
        .filter(Column::Id.eq(id.to_string()))
        .filter(Column::DeletedAt.is_null());
    let rows = update.exec_with_returning(tx.conn()).await?;
    rows.into_iter().next().map(Movie::try_from).transpose()
}

/// The episode with this id, which nobody changes before the transaction ends.
///
/// # Errors
/// [`DbError`].
pub async fn hold_episode(tx: &Tx, id: EpisodeId) -> Result<Option<Episode>, DbError> {
    let update = Episodes::update_many()
        .col_expr(EpisodeColumn::Revision, Expr::col(EpisodeColumn::Revision))
        .filter(EpisodeColumn::Id.eq(id.to_string()));
    let rows = update.exec_with_returning(tx.conn()).await?;
    rows.into_iter().next().map(Episode::try_from).transpose()
}

/// Notes that the episodes of a movie go with it.
pub fn touch(tx: &Tx, episodes: &[Episode]) {
    for episode in episodes {
        tx.touch(|touched| touched.episode(episode.id));
    }
}

/// How many episodes the movie has.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn count_episodes(conn: &impl ConnectionTrait, movie: MovieId) -> Result<u64, DbError> {
    Ok(Episodes::find().filter(EpisodeColumn::MovieId.eq(movie.to_string())).count(conn).await?)
}

/// How far these movies are.
///
/// # Errors
/// [`DbError`].
pub async fn progress(
    conn: &impl ConnectionTrait,
    movies: &[MovieId],
) -> Result<BTreeMap<MovieId, Progress>, DbError> {
    let query = Episodes::find()
        .select_only()
        .column(EpisodeColumn::MovieId)
        .column(EpisodeColumn::Status)
        .column_as(EpisodeColumn::Id.count(), "episodes")
        .filter(EpisodeColumn::MovieId.is_in(movies.iter().map(ToString::to_string)))
        .group_by(EpisodeColumn::MovieId)
        .group_by(EpisodeColumn::Status);
    let rows: Vec<(String, String, i64)> = query.into_tuple().all(conn).await?;
    let mut found: BTreeMap<MovieId, Progress> = BTreeMap::new();
    for (movie, status, count) in rows {
        let corrupt = || DbError::Corrupt { table: "episodes", id: movie.clone(), column: "movie_id" };
        let progress = found.entry(movie.parse().map_err(|_| corrupt())?).or_default();
        let count = count.cast_unsigned();
        progress.episodes += count;
        match status.parse() {
            Ok(EpisodeStatus::Stored) => progress.stored += count,
            Ok(EpisodeStatus::Failed) => progress.failed += count,
            _ => {}
        }
    }
    Ok(found)
}

/// The number after the last one of the movie.
///
/// # Errors
/// [`DbError`].
pub async fn next_number(conn: &impl ConnectionTrait, movie: MovieId) -> Result<i32, DbError> {
    let last = Episodes::find()
        .filter(EpisodeColumn::MovieId.eq(movie.to_string()))
        .order_by_desc(EpisodeColumn::Number);
    Ok(last.one(conn).await?.map_or(1, |episode| episode.number.saturating_add(1)))
}

/// Asks for the files of an episode once more, under the next revision.
///
/// # Errors
/// [`DbError`].
pub async fn ask_again(tx: &Tx, id: EpisodeId, now: i64) -> Result<Option<Episode>, DbError> {
    let update = moved(EpisodeStatus::Pending, now)
        .col_expr(EpisodeColumn::Revision, Expr::col(EpisodeColumn::Revision).add(1))
        .filter(EpisodeColumn::Id.eq(id.to_string()));
    if run(tx, id, update).await? { find_episode(tx.conn(), id).await } else { Ok(None) }
}

/// `failed` -> `pending`, when somebody tries the failed job again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_waiting(tx: &Tx, id: EpisodeId, revision: i64, now: i64) -> Result<(), DbError> {
    let update = moved(EpisodeStatus::Pending, now)
        .filter(of_revision(id, revision))
        .filter(EpisodeColumn::Status.eq(EpisodeStatus::Failed.as_str()));
    run(tx, id, update).await.map(drop)
}

/// `pending` -> `importing`; also from `failed`, when somebody tries again.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_importing(tx: &Tx, id: EpisodeId, revision: i64, now: i64) -> Result<bool, DbError> {
    run(tx, id, moved(EpisodeStatus::Importing, now).filter(of_revision(id, revision))).await
}

/// Switches the episode to what is in storage; `false` when this revision is no longer wanted.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_stored(
    tx: &Tx,
    id: EpisodeId,
    revision: i64,
    brought: &Brought,
    now: i64,
) -> Result<bool, DbError> {
    let update = moved(EpisodeStatus::Stored, now)
        .col_expr(EpisodeColumn::ThumbnailKey, Expr::value(brought.thumbnail_key.clone()))
        .col_expr(EpisodeColumn::Thumbhash, Expr::value(brought.thumbhash.clone()))
        .col_expr(EpisodeColumn::PreviewKey, Expr::value(brought.preview_key.clone()))
        .filter(of_revision(id, revision));
    run(tx, id, update).await
}

/// Notes why a revision came to nothing.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn mark_failed(
    tx: &Tx,
    id: EpisodeId,
    revision: i64,
    failure: &Failure,
    now: i64,
) -> Result<bool, DbError> {
    let update = Episodes::update_many()
        .col_expr(EpisodeColumn::Status, Expr::value(EpisodeStatus::Failed.as_str()))
        .col_expr(EpisodeColumn::FailureCode, Expr::value(failure.code.clone()))
        .col_expr(EpisodeColumn::FailureMessage, Expr::value(failure.message.clone()))
        .col_expr(EpisodeColumn::UpdatedAt, Expr::value(now))
        .filter(of_revision(id, revision));
    run(tx, id, update).await
}

fn of_revision(id: EpisodeId, revision: i64) -> Condition {
    Condition::all().add(EpisodeColumn::Id.eq(id.to_string())).add(EpisodeColumn::Revision.eq(revision))
}

/// A move without failure.
fn moved(status: EpisodeStatus, now: i64) -> UpdateMany<Episodes> {
    Episodes::update_many()
        .col_expr(EpisodeColumn::Status, Expr::value(status.as_str()))
        .col_expr(EpisodeColumn::FailureCode, Expr::value(None::<String>))
        .col_expr(EpisodeColumn::FailureMessage, Expr::value(None::<String>))
        .col_expr(EpisodeColumn::UpdatedAt, Expr::value(now))
}

async fn run(tx: &Tx, id: EpisodeId, update: UpdateMany<Episodes>) -> Result<bool, DbError> {
    let is_changed = update.exec(tx.conn()).await?.rows_affected == 1;
    if is_changed {
        tx.touch(|touched| touched.episode(id));
    }
    Ok(is_changed)
}
