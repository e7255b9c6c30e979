//! What can go wrong with the database.

use sea_orm::DbErr;

/// An error of the database room.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database could not be opened or reached.
    #[error("cannot open the {kind} database: {source}")]
    Connect {
        /// `SQLite` or `PostgreSQL`.
        kind: &'static str,
        /// What the driver says.
        source: DbErr,
    },
    /// A migration did not run.
    #[error("cannot migrate the database: {0}")]
    Migrate(DbErr),
    /// A statement failed.
    #[error("database statement failed: {0}")]
    Statement(#[from] DbErr),
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
