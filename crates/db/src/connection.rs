//! Connections: one writer and a few readers for SQLite, one pool for PostgreSQL.

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTraitSelf as _;
use secrecy::{ExposeSecret, SecretString};
use tokio::task::AbortHandle;

use crate::error::DbError;
use crate::migration::Migrator;
use crate::signals::Signals;
use crate::sqlite;
use crate::transaction::{Tx, TxConn};

/// Readers beside the one SQLite writer; each is a thread.
const SQLITE_READERS: u32 = 2;
/// PostgreSQL connections of one process.
const POSTGRES_CONNECTIONS: u32 = 10;
/// How long a statement waits for a connection, or SQLite for another process's write.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A PostgreSQL connection is tested before use when it has been idle for so long: firewalls drop such ones.
const TEST_IDLE: Duration = Duration::from_secs(30);
/// Any number; ours alone among the advisory locks of the database.
const MIGRATION_LOCK: i64 = 7_353_110_901;
/// How long a process waits for another one's migrations on SQLite. PostgreSQL ends the wait when that process dies.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(15 * 60);
/// SQLite's page cache of one connection, in KiB.
const SQLITE_CACHE_KIB: u32 = 4096;

/// PostgreSQL ends a statement that takes longer …
const POSTGRES_STATEMENT_TIMEOUT: &str = "60s";
/// … and the session of a process that was suspended in the middle of a transaction, with the locks it holds.
const POSTGRES_IDLE_TRANSACTION_TIMEOUT: &str = "15s";

/// The database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    /// The one connection that writes, on SQLite.
    writer: Option<sqlite::Writer>,
    /// Everything else.
    pool: DatabaseConnection,
    signals: Signals,
    keeps_outbox: Arc<AtomicBool>,
    events_written: Arc<AtomicUsize>,
    _listener: Option<Arc<Listener>>,
}

/// The task that hears other processes; it ends with the last clone of the database.
#[derive(Debug)]
struct Listener(AbortHandle);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Db {
    /// Connects; a missing SQLite file is created. Run [`migrate`](Db::migrate) before anything else.
    ///
    /// # Errors
    /// [`DbError::Connect`] when the database cannot be opened or reached within 10 s.
    pub async fn connect(url: &SecretString) -> Result<Self, DbError> {
        let url = url.expose_secret();
        let is_sqlite = url.starts_with("sqlite:");
        let kind = if is_sqlite { "SQLite" } else { "PostgreSQL" };
        let connect = async |options| {
            let connected = Database::connect(options).await;
            connected
                .map_err(|error| DbError::Connect { kind, reason: without_address(&error.to_string(), url) })
        };
        let signals = Signals::default();
        if is_sqlite {
            let cannot = |error: sea_orm::sqlx::Error| DbError::Connect { kind, reason: error.to_string() };
            let options = sqlite_options(SqliteConnectOptions::from_str(url).map_err(cannot)?);
            let writer = sqlite::Writer::connect(options, ACQUIRE_TIMEOUT).await.map_err(cannot)?;
            let pool = connect(readers(url)).await?;
            return Ok(Self {
                writer: Some(writer),
                pool,
                signals,
                keeps_outbox: Arc::default(),
                events_written: Arc::default(),
                _listener: None,
            });
        }
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire_if_idle_for(TEST_IDLE)
            .map_sqlx_postgres_opts(|postgres| {
                postgres.options([
                    ("statement_timeout", POSTGRES_STATEMENT_TIMEOUT),
                    ("idle_in_transaction_session_timeout", POSTGRES_IDLE_TRANSACTION_TIMEOUT),
                ])
            });
        let pool = connect(options.sqlx_logging(false).to_owned()).await?;
        let listening = signals.clone().listen(pool.get_postgres_connection_pool().clone());
        let listener = Arc::new(Listener(tokio::spawn(listening).abort_handle()));
        Ok(Self {
            writer: None,
            pool,
            signals,
            keeps_outbox: Arc::default(),
            events_written: Arc::default(),
            _listener: Some(listener),
        })
    }

    /// Brings the schema up to date and returns the names of the migrations that ran.
    ///
    /// # Errors
    /// [`DbError::Migrate`].
    pub async fn migrate(&self) -> Result<Vec<String>, DbError> {
        let tx = self.turn_to_migrate().await?;
        let failed = |error: DbErr| DbError::Migrate(error.to_string());
        let migrator = Migrator::of(&tx).await.map_err(failed)?;
        if !migrator.unknown().is_empty() {
            let unknown = migrator.unknown().join(", ");
            tracing::warn!(
                migrations = unknown,
                "the database belongs to a newer telecine; update this one soon"
            );
        }
        let pending = migrator.pending(&tx).await.map_err(failed)?;
        migrator.up(&tx, None).await.map_err(failed)?;
        tx.commit().await?;
        Ok(pending)
    }

    /// Two processes that start together take turns: on SQLite, the beginning of a transaction that writes does it.
    async fn turn_to_migrate(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let give_up = Instant::now() + MIGRATION_PATIENCE;
        let tx = loop {
            match self.pool.begin_with_options(options).await {
                Err(error) if sqlite::is_locked(&error) && Instant::now() < give_up => {
                    tracing::warn!("another process changes the database, this one waits for it");
                }
                begun => break begun?,
            }
        };
        if tx.get_database_backend() == DbBackend::Postgres {
            // A change of a large table takes its time, and so does waiting for one.
            tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        Ok(tx)
    }

    /// The names of the migrations that have not run yet.
    ///
    /// # Errors
    /// [`DbError::Migrate`].
    pub async fn pending_migrations(&self) -> Result<Vec<String>, DbError> {
        let pending = async { Migrator::of(&self.pool).await?.pending(&self.pool).await };
        pending.await.map_err(|error: DbErr| DbError::Migrate(error.to_string()))
    }

    /// Whether other processes may work on this database too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.writer.is_none()
    }

    /// The connection for reads outside a transaction.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Starts a write transaction. On SQLite it takes the write lock with its first statement, so it can never fail
    /// half-way for another writer's sake.
    ///
    /// # Errors
    /// [`DbError::Statement`] when no connection is free in time.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        let conn = match &self.writer {
            Some(writer) => TxConn::from(writer.begin().await?),
            None => TxConn::from(self.pool.begin().await?),
        };
        let keeps_outbox = self.keeps_outbox.load(Ordering::Relaxed);
        Ok(Tx::new(conn, self.signals.clone(), keeps_outbox, self.events_written.clone()))
    }

    /// From now on, jobs that this process adds are to be handed to a queue outside the database.
    pub fn keep_outbox(&self) {
        self.keeps_outbox.store(true, Ordering::Relaxed);
    }

    /// What committed transactions tell, of this process and, on PostgreSQL, of every other.
    #[must_use]
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Closes the connections after the statements under way.
    pub async fn close(self) {
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
        let _ = self.pool.close().await;
    }
}

/// Drivers quote the address when they cannot read it, and it may hold a password.
fn without_address(reason: &str, url: &str) -> String {
    let password =
        url.rsplit_once('@').and_then(|(user, _)| user.rsplit(':').next()).filter(|text| !text.is_empty());
    let reason = reason.replace(url, "***");
    password.map_or(reason.clone(), |password| reason.replace(password, "***"))
}

fn readers(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(SQLITE_READERS)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A file does not hang up.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(sqlite_options);
    options
}

fn sqlite_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: an answered request survives a power cut, not only a killed process.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(ACQUIRE_TIMEOUT)
        .foreign_keys(true)
        .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
        .pragma("journal_size_limit", "16777216")
}
