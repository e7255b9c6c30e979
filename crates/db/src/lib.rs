//! All SQL of Telecine: connections, migrations, and one function per statement, the same for SQLite and PostgreSQL.
//!
//! Writes happen inside a [`Tx`], so that a state change, its event and the next jobs commit together. Reads that
//! need no transaction go through [`Db::read`]. Times are milliseconds since 1970; ids and states are text.

pub mod captions;
mod clock;
mod config;
mod connection;
mod entity;
mod error;
pub mod events;
pub mod jobs;
mod migration;
pub mod objects;
pub mod recordings;
pub mod schedules;
pub mod settings;
mod signals;
mod sqlite;
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
