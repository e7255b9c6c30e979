//! What can go wrong with the database.

use sea_orm::DbErr;

/// An error of the database room. The driver's words are part of the sentence, so they are not its source as well.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database could not be opened or reached.
    #[error("cannot open the {kind} database: {reason}")]
    Connect {
        /// `SQLite` or `PostgreSQL`.
        kind: &'static str,
        /// What the driver says, without the address.
        reason: String,
    },
    /// A migration did not run.
    #[error("cannot migrate the database: {0}")]
    Migrate(String),
    /// A statement failed.
    #[error("database statement failed: {0}")]
    Statement(String),
    /// A row holds something this version cannot read.
    #[error("row {id} of {table} holds an unreadable {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// The column.
        column: &'static str,
    },
}

impl From<DbErr> for DbError {
    fn from(error: DbErr) -> Self {
        Self::Statement(error.to_string())
    }
}
