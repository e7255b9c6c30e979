//! Values the server makes for itself once, such as its signing key.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use secrecy::{ExposeSecret, SecretString};

use crate::entity::settings;
use crate::error::DbError;
use crate::transaction::Tx;

/// The value called `name`.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn find(conn: &impl ConnectionTrait, name: &str) -> Result<Option<SecretString>, DbError> {
    let row = settings::Entity::find_by_id(name).one(conn).await?;
    Ok(row.map(|row| row.value.into()))
}

/// Stores `value` under `name` unless there is one already, and returns the stored one: of two processes that start
/// together both go on with the same value.
///
/// # Errors
/// [`DbError::Statement`].
pub async fn insert_if_absent(tx: &Tx, name: &str, value: &SecretString) -> Result<SecretString, DbError> {
    let row =
        settings::ActiveModel { name: Set(name.to_owned()), value: Set(value.expose_secret().to_owned()) };
    let keep = OnConflict::column(settings::Column::Name).do_nothing().to_owned();
    settings::Entity::insert(row).on_conflict(keep).try_insert().exec_without_returning(tx.conn()).await?;
    let stored = find(tx.conn(), name).await?;
    stored.ok_or_else(|| DbError::Corrupt { table: "settings", id: name.to_owned(), column: "value" })
}
