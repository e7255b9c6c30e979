//! Transactions: state, events and the next jobs in one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::error::DbError;
use crate::events;
use crate::signals::{CHANNEL, Notes, Signals};
use crate::sqlite;
use crate::touched::Touched;

/// A transaction. Dropped without [`commit`](Tx::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    conn: TxConn,
    signals: Signals,
    keeps_outbox: bool,
    /// By this process.
    events_written: Arc<AtomicUsize>,
    notes: Mutex<Notes>,
    touched: Mutex<Touched>,
}

/// Runs statements inside a transaction.
#[derive(Debug)]
pub struct TxConn(Inner);

#[derive(Debug)]
enum Inner {
    Postgres(DatabaseTransaction),
    Sqlite(sqlite::Transaction),
}

impl From<DatabaseTransaction> for TxConn {
    fn from(transaction: DatabaseTransaction) -> Self {
        Self(Inner::Postgres(transaction))
    }
}

impl From<sqlite::Transaction> for TxConn {
    fn from(transaction: sqlite::Transaction) -> Self {
        Self(Inner::Sqlite(transaction))
    }
}

#[async_trait]
impl ConnectionTrait for TxConn {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Inner::Postgres(_) => DbBackend::Postgres,
            Inner::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Inner::Postgres(postgres) => postgres.execute_raw(statement).await,
            Inner::Sqlite(sqlite) => Ok(sqlite.run(statement).await?.done.into()),
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Inner::Postgres(postgres) => postgres.execute_unprepared(sql).await,
            Inner::Sqlite(_) => self.execute_raw(Statement::from_string(DbBackend::Sqlite, sql)).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Inner::Postgres(postgres) => postgres.query_one_raw(statement).await,
            Inner::Sqlite(sqlite) => Ok(sqlite.run(statement).await?.rows.into_iter().next()),
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Inner::Postgres(postgres) => postgres.query_all_raw(statement).await,
            Inner::Sqlite(sqlite) => Ok(sqlite.run(statement).await?.rows),
        }
    }
}

impl TxConn {
    /// Runs statements that need nothing of each other's answers, in their order: the rows of each. Their parameters are
    /// written `$1`, `$2` …
    pub(crate) async fn query_each(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<Vec<QueryResult>>, DbErr> {
        match &self.0 {
            Inner::Sqlite(sqlite) => {
                Ok(sqlite.run_all(statements).await?.into_iter().map(|answer| answer.rows).collect())
            }
            Inner::Postgres(postgres) => {
                let mut answers = Vec::with_capacity(statements.len());
                for statement in statements {
                    answers.push(postgres.query_all_raw(statement).await?);
                }
                Ok(answers)
            }
        }
    }

    /// Runs the last statements and commits.
    async fn commit(self, last: Vec<Statement>) -> Result<(), DbErr> {
        match self.0 {
            Inner::Sqlite(sqlite) => sqlite.commit(last).await,
            Inner::Postgres(postgres) => {
                for statement in last {
                    postgres.execute_raw(statement).await?;
                }
                postgres.commit().await
            }
        }
    }
}

impl Tx {
    pub(crate) fn new(
        conn: TxConn,
        signals: Signals,
        keeps_outbox: bool,
        events_written: Arc<AtomicUsize>,
    ) -> Self {
        let (notes, touched) = (Mutex::default(), Mutex::default());
        Self { conn, signals, keeps_outbox, events_written, notes, touched }
    }

    /// The connection for statements inside this transaction.
    #[must_use]
    pub fn conn(&self) -> &TxConn {
        &self.conn
    }

    /// Writes an event for everything that was touched, commits, then tells workers and listeners what they wait for.
    ///
    /// # Errors
    /// [`DbError::Statement`]; whether the transaction took effect is then unknown, as with any database.
    pub async fn commit(self) -> Result<(), DbError> {
        let backend = self.conn.get_database_backend();
        let touched = self.touched.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut notes = self.notes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (added, mut last) = (touched.len(), Vec::new());
        if added > 0 {
            notes.events = true;
            last.push(events::written(backend, &touched));
            if events::is_time_to_prune(self.events_written.fetch_add(added, Ordering::Relaxed), added) {
                last.push(events::pruned(backend, added));
            }
        }
        if backend == DbBackend::Postgres && !notes.is_empty() {
            let values = [CHANNEL.into(), notes.payload().into()];
            last.push(Statement::from_sql_and_values(backend, "SELECT pg_notify($1, $2)", values));
        }
        self.conn.commit(last).await?;
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
