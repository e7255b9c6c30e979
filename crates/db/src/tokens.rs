//! API tokens, known by their SHA-256 only.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use telecine_model::Scope;

use crate::entity::tokens::{ActiveModel, Column, Entity, Model};
use crate::error::DbError;
use crate::transaction::Tx;

/// A token's public face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Hex SHA-256 of the token.
    pub hash: String,
    /// What a person called it.
    pub name: String,
    /// What it is good for.
    pub scope: Scope,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// Characters of a hash by which people name a token.
const SHOWN: usize = 12;

impl Token {
    /// The start of its hash: what people know it by.
    #[must_use]
    pub fn shown_id(&self) -> &str {
        &self.hash[..SHOWN.min(self.hash.len())]
    }
}

impl TryFrom<Model> for Token {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |_| DbError::Corrupt { table: "api_tokens", id: row.hash.clone(), column: "scope" };
        let scope = row.scope.parse().map_err(corrupt)?;
        Ok(Self { hash: row.hash, name: row.name, scope, created_at: row.created_at })
    }
}

/// Stores a token.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert(tx: &Tx, token: Token) -> Result<(), DbError> {
    let row = ActiveModel {
        hash: Set(token.hash),
        name: Set(token.name),
        scope: Set(token.scope.to_string()),
        created_at: Set(token.created_at),
    };
    Entity::insert(row).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// The token with this hash.
///
/// # Errors
/// [`DbError`].
pub async fn find(conn: &impl ConnectionTrait, hash: &str) -> Result<Option<Token>, DbError> {
    Entity::find_by_id(hash).one(conn).await?.map(Token::try_from).transpose()
}

/// The token whose hash starts with `start`, which is hexadecimal.
///
/// # Errors
/// [`DbError`].
pub async fn find_starting_with(conn: &impl ConnectionTrait, start: &str) -> Result<Option<Token>, DbError> {
    let found = Entity::find().filter(Column::Hash.starts_with(start)).one(conn).await?;
    found.map(Token::try_from).transpose()
}

/// Every token, oldest first.
///
/// # Errors
/// [`DbError`].
pub async fn list(conn: &impl ConnectionTrait) -> Result<Vec<Token>, DbError> {
    let rows = Entity::find().order_by_asc(Column::CreatedAt).all(conn).await?;
    rows.into_iter().map(Token::try_from).collect()
}

/// Removes the token with this hash; `false` when there was none.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn delete(tx: &Tx, hash: &str) -> Result<bool, DbError> {
    Ok(Entity::delete_by_id(hash).exec(tx.conn()).await?.rows_affected == 1)
}
