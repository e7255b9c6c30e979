//! The ledger: every object of ours is written down here before it is put into storage, and struck off after it has been
//! removed. What storage holds beyond it is an orphan; what it holds less is missing.

use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use telecine_model::{ObjectOwner, VideoId};

use crate::entity::objects::{ActiveModel, Column, Entity, Model};
use crate::error::DbError;
use crate::jobs::statement;
use crate::transaction::Tx;

/// An object as it was meant to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key in the bucket.
    pub key: String,
    /// What it belongs to.
    pub owner: ObjectOwner,
    /// The generation of a video's outputs; 0 for everything else.
    pub generation: i64,
    /// Bytes.
    pub size: u64,
    /// Hex SHA-256, as far as it is known.
    pub checksum: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// What the ledger has of one kind of object, in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// `source`, `captions`, `segments`, `pictures`, `downloads`, `cache`, `episodes` or `documents`.
    pub kind: String,
    /// How many there are.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl TryFrom<Model> for Object {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt { table: "objects", id: row.object_key.clone(), column };
        Ok(Self {
            owner: row.owner.parse().map_err(|_| corrupt("owner"))?,
            size: u64::try_from(row.size).map_err(|_| corrupt("size"))?,
            key: row.object_key,
            generation: row.generation,
            checksum: row.checksum,
            created_at: row.created_at,
        })
    }
}

/// Writes the object down; a second time replaces what was written.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn record(tx: &Tx, object: &Object) -> Result<(), DbError> {
    let row = ActiveModel {
        object_key: Set(object.key.clone()),
        owner: Set(object.owner.to_string()),
        generation: Set(object.generation),
        size: Set(object.size.cast_signed()),
        checksum: Set(object.checksum.clone()),
        created_at: Set(object.created_at),
    };
    let replace = OnConflict::column(Column::ObjectKey)
        .update_columns([
            Column::Owner,
            Column::Generation,
            Column::Size,
            Column::Checksum,
            Column::CreatedAt,
        ])
        .to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// Everything that is written down for the owner, by key.
///
/// # Errors
/// [`DbError`].
pub async fn of_owner(
    conn: &impl ConnectionTrait,
    owner: impl Into<ObjectOwner>,
) -> Result<Vec<Object>, DbError> {
    let owner = owner.into().to_string();
    let rows = Entity::find().filter(Column::Owner.eq(owner)).order_by_asc(Column::ObjectKey);
    rows.all(conn).await?.into_iter().map(Object::try_from).collect()
}

/// Everything that is written down below this prefix, by key. Prefixes are ours and hold nothing that patterns mean.
///
/// # Errors
/// [`DbError`].
pub async fn below(conn: &impl ConnectionTrait, prefix: &str) -> Result<Vec<Object>, DbError> {
    let rows = Entity::find().filter(Column::ObjectKey.starts_with(prefix)).order_by_asc(Column::ObjectKey);
    rows.all(conn).await?.into_iter().map(Object::try_from).collect()
}

/// The generations of which something is written down, the source's 0 among them.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn generations_of(conn: &impl ConnectionTrait, video: VideoId) -> Result<Vec<i64>, DbError> {
    let query = Entity::find()
        .select_only()
        .column(Column::Generation)
        .distinct()
        .filter(Column::Owner.eq(ObjectOwner::from(video).to_string()));
    Ok(query.into_tuple().all(conn).await?)
}

/// Up to `limit` owners that follow `after`, in the order of their names.
///
/// # Errors
/// [`DbError`].
pub async fn owners(
    conn: &impl ConnectionTrait,
    after: Option<ObjectOwner>,
    limit: u64,
) -> Result<Vec<ObjectOwner>, DbError> {
    let mut query = Entity::find().select_only().column(Column::Owner).distinct();
    if let Some(after) = after {
        query = query.filter(Column::Owner.gt(after.to_string()));
    }
    let owners: Vec<String> = query.order_by_asc(Column::Owner).limit(limit).into_tuple().all(conn).await?;
    let parse = |owner: String| {
        owner.parse().map_err(|_| DbError::Corrupt { table: "objects", id: owner.clone(), column: "owner" })
    };
    owners.into_iter().map(parse).collect()
}

/// Strikes one object off.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn strike(tx: &Tx, key: &str) -> Result<(), DbError> {
    Entity::delete_by_id(key).exec(tx.conn()).await?;
    Ok(())
}

/// Strikes off a whole generation of the video's outputs.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn strike_generation(tx: &Tx, video: VideoId, generation: i64) -> Result<(), DbError> {
    let owner = ObjectOwner::from(video).to_string();
    let of_generation = Column::Owner.eq(owner).and(Column::Generation.eq(generation));
    Entity::delete_many().filter(of_generation).exec(tx.conn()).await?;
    Ok(())
}

/// Strikes off everything of the owner.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn strike_owner(tx: &Tx, owner: impl Into<ObjectOwner>) -> Result<(), DbError> {
    let owner = owner.into().to_string();
    Entity::delete_many().filter(Column::Owner.eq(owner)).exec(tx.conn()).await?;
    Ok(())
}

/// Every object by its kind, most bytes first. Reads the whole ledger.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn sums(conn: &impl ConnectionTrait) -> Result<Vec<Sum>, DbError> {
    // Keys are ours, so their endings tell what they are (`telecine_model::key`).
    let sql = "SELECT CASE \
          WHEN object_key LIKE 'cache/%' THEN 'cache' \
          WHEN object_key LIKE 'movies/%' THEN 'episodes' \
          WHEN generation = 0 AND object_key LIKE '%/source' THEN 'source' \
          WHEN object_key LIKE '%/captions/%' OR object_key LIKE '%/subtitles%.vtt' THEN 'captions' \
          WHEN object_key LIKE '%.m4s' OR object_key LIKE '%/init.mp4' THEN 'segments' \
          WHEN object_key LIKE 'images/%' OR object_key LIKE '%.jpg' OR object_key LIKE '%.webp' THEN 'pictures' \
          WHEN object_key LIKE '%.mp4' THEN 'downloads' \
          ELSE 'documents' END AS kind, \
        COUNT(*) AS objects, CAST(SUM(size) AS BIGINT) AS bytes \
      FROM objects GROUP BY 1 ORDER BY 3 DESC";
    let rows = conn.query_all_raw(statement(conn, sql, [])).await?;
    rows.iter()
        .map(|row| {
            let number = |index| row.try_get_by_index::<i64>(index).map(i64::unsigned_abs);
            Ok(Sum { kind: row.try_get_by_index(0)?, objects: number(1)?, bytes: number(2)? })
        })
        .collect()
}
