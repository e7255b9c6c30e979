//! Connections: one writer and a few readers for SQLite, one pool for PostgreSQL.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTraitSelf as _;
use secrecy::{ExposeSecret, SecretString};
use tokio::task::AbortHandle;

use crate::error::DbError;
use crate::migration::Migrator;
use crate::signals::{CHANNEL, Notes, Signals};
use crate::touched::Touched;

/// Readers beside the one SQLite writer; each is a thread.
const SQLITE_READERS: u32 = 2;
/// PostgreSQL connections of one process.
const POSTGRES_CONNECTIONS: u32 = 10;
/// How long a statement waits for a connection, or SQLite for another process's write.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Any number; ours alone among the advisory locks of the database.
const MIGRATION_LOCK: i64 = 7_353_110_901;
/// SQLite's page cache of one connection, in KiB.
const SQLITE_CACHE_KIB: u32 = 4096;

/// PostgreSQL ends a statement that takes longer …
const POSTGRES_STATEMENT_TIMEOUT: &str = "60s";
/// … and the session of a process that was suspended in the middle of a transaction, with the locks it holds.
const POSTGRES_IDLE_TRANSACTION_TIMEOUT: &str = "15s";

/// The database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    signals: Signals,
    keeps_outbox: Arc<AtomicBool>,
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

/// A transaction. Dropped without [`commit`](Tx::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    inner: DatabaseTransaction,
    signals: Signals,
    keeps_outbox: bool,
    notes: Mutex<Notes>,
    touched: Mutex<Touched>,
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
            let writer = connect(sqlite_options(url, 1)).await?;
            let reader = connect(sqlite_options(url, SQLITE_READERS)).await?;
            return Ok(Self { writer, reader, signals, keeps_outbox: Arc::default(), _listener: None });
        }
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_timeout(ACQUIRE_TIMEOUT)
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
            writer: pool.clone(),
            reader: pool,
            signals,
            keeps_outbox: Arc::default(),
            _listener: Some(listener),
        })
    }

    /// Brings the schema up to date and returns the names of the migrations that ran.
    ///
    /// # Errors
    /// [`DbError::Migrate`].
    pub async fn migrate(&self) -> Result<Vec<String>, DbError> {
        // Two processes that start together take turns: SQLite's begin waits for its one writer.
        let tx = self.begin().await?;
        if tx.conn().get_database_backend() == DbBackend::Postgres {
            tx.conn().execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        let failed = |error: DbErr| DbError::Migrate(error.to_string());
        let migrator = Migrator::of(tx.conn()).await.map_err(failed)?;
        if !migrator.unknown().is_empty() {
            let unknown = migrator.unknown().join(", ");
            tracing::warn!(
                migrations = unknown,
                "the database belongs to a newer telecine; update this one soon"
            );
        }
        let pending = migrator.pending(tx.conn()).await.map_err(failed)?;
        migrator.up(tx.conn(), None).await.map_err(failed)?;
        tx.commit().await?;
        Ok(pending)
    }

    /// The names of the migrations that have not run yet.
    ///
    /// # Errors
    /// [`DbError::Migrate`].
    pub async fn pending_migrations(&self) -> Result<Vec<String>, DbError> {
        let pending = async { Migrator::of(&self.writer).await?.pending(&self.writer).await };
        pending.await.map_err(|error: DbErr| DbError::Migrate(error.to_string()))
    }

    /// The connection for reads outside a transaction.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Starts a write transaction. On SQLite it takes the write lock at once, so it can never fail half-way for
    /// another writer's sake.
    ///
    /// # Errors
    /// [`DbError::Statement`] when no connection is free in time.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.writer.begin_with_options(options).await?;
        let keeps_outbox = self.keeps_outbox.load(Ordering::Relaxed);
        Ok(Tx {
            inner,
            signals: self.signals.clone(),
            keeps_outbox,
            notes: Mutex::default(),
            touched: Mutex::default(),
        })
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
        let _ = self.writer.close().await;
        let _ = self.reader.close().await;
    }
}

impl Tx {
    /// The connection for statements inside this transaction.
    #[must_use]
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Writes an event for everything that was touched, commits, then tells workers and listeners what they wait for.
    ///
    /// # Errors
    /// [`DbError::Statement`]; whether the transaction took effect is then unknown, as with any database.
    pub async fn commit(self) -> Result<(), DbError> {
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        if !touched.is_empty() {
            crate::events::write(&self, &touched).await?;
            self.note(|notes| notes.events = true);
        }
        let notes = self.notes.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !notes.is_empty() && self.inner.get_database_backend() == DbBackend::Postgres {
            let values = [CHANNEL.into(), notes.payload().into()];
            let notify =
                Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", values);
            self.inner.query_one_raw(notify).await?;
        }
        self.inner.commit().await?;
        self.signals.give(&notes);
        Ok(())
    }

    /// `relayed_at` of a job that waits: NULL while it is to be handed on, 0 where there is nowhere to hand it.
    pub(crate) fn not_relayed(&self) -> Option<i64> {
        if self.keeps_outbox { None } else { Some(0) }
    }

    /// Wakes workers after the commit: jobs were added, became due, or may be claimed again.
    pub(crate) fn note_jobs(&self) {
        self.note(|notes| notes.jobs = true);
    }

    /// Notes what people watch: an event tells how it stands at the commit.
    pub(crate) fn touch(&self, note: impl FnOnce(&mut Touched)) {
        note(&mut self.touched.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes that a job was changed.
    pub(crate) fn touch_job(&self, id: &str) {
        self.touch(|touched| touched.job(id));
    }

    /// Tells the worker of a running job that it is to stop.
    pub(crate) fn note_cancelled(&self, job_id: String) {
        self.note(|notes| notes.cancelled.push(job_id));
    }

    fn note(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Drivers quote the address when they cannot read it, and it may hold a password.
fn without_address(reason: &str, url: &str) -> String {
    let password =
        url.rsplit_once('@').and_then(|(user, _)| user.rsplit(':').next()).filter(|text| !text.is_empty());
    let reason = reason.replace(url, "***");
    password.map_or(reason.clone(), |password| reason.replace(password, "***"))
}

fn sqlite_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false);
    // A pool of one must not drop its connection between two statements of the same caller.
    options.idle_timeout(None).max_lifetime(None);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: an answered request survives a power cut, not only a killed process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .foreign_keys(true)
            .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
            .pragma("journal_size_limit", "16777216")
    });
    options
}
