//! All SQL of Telecine: connections, migrations, and one function per statement, the same for SQLite and PostgreSQL.
//!
//! Writes happen inside a [`Tx`], so that a state change, its event and the next jobs commit together. Reads that
//! need no transaction go through [`Db::read`]. Times are milliseconds since 1970; ids and states are text.

pub mod cache;
pub mod captions;
mod clock;
mod config;
mod connection;
mod entity;
mod error;
pub mod events;
pub mod images;
pub mod jobs;
mod migration;
pub mod movies;
pub mod objects;
pub mod recordings;
pub mod schedules;
pub mod settings;
mod signals;
mod sqlite;
mod text;
pub mod tokens;
mod touched;
mod transaction;
pub mod uploads;
pub mod videos;
pub mod watermarks;

pub use clock::ServerClock;
pub use config::DatabaseConfig;
pub use connection::Db;
pub use error::DbError;
pub use signals::Signals;
pub use transaction::{Tx, TxConn};

/// A failure as two columns have it.
fn failure(code: Option<String>, message: Option<String>) -> Option<telecine_model::Failure> {
    let message = message.unwrap_or_default();
    code.map(|code| telecine_model::Failure { code, message, detail: None })
}
