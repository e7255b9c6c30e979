//! API tokens, known by their SHA-256 only.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::tokens;
use crate::error::DbError;
use crate::transaction::Tx;

/// A token's public face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Hex SHA-256 of the token.
    pub hash: String,
    /// What a person called it.
    pub name: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// Stores a token.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert(tx: &Tx, token: Token) -> Result<(), DbError> {
    let row = tokens::ActiveModel {
        hash: Set(token.hash),
        name: Set(token.name),
        created_at: Set(token.created_at),
    };
    tokens::Entity::insert(row).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// Whether a token with this hash exists.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn exists(conn: &impl ConnectionTrait, hash: &str) -> Result<bool, DbError> {
    Ok(tokens::Entity::find_by_id(hash).one(conn).await?.is_some())
}

/// The hash of a token that starts with `start`, which is hexadecimal.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn find_starting_with(conn: &impl ConnectionTrait, start: &str) -> Result<Option<String>, DbError> {
    let found = tokens::Entity::find().filter(tokens::Column::Hash.starts_with(start)).one(conn).await?;
    Ok(found.map(|token| token.hash))
}

/// Every token, oldest first.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn list(conn: &impl ConnectionTrait) -> Result<Vec<Token>, DbError> {
    let rows = tokens::Entity::find().order_by_asc(tokens::Column::CreatedAt).all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|row| Token { hash: row.hash, name: row.name, created_at: row.created_at })
        .collect())
}

/// Removes the token with this hash; `false` when there was none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, hash: &str) -> Result<bool, DbError> {
    Ok(tokens::Entity::delete_by_id(hash).exec(tx.conn()).await?.rows_affected == 1)
}
