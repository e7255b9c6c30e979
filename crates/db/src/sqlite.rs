//! The one connection that writes to SQLite.
//!
//! The driver gives each connection a thread; handing a statement to it and the answer back costs more than most
//! statements do. So a transaction begins together with its first statement, statements that need nothing of each other
//! travel together, and the last ones travel with the commit.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteQueryResult};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Executor as _};
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Takes the write lock at once, so that a transaction can never fail half-way for another writer's sake.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// Hands out the connection to one transaction after the other, in the order they ask.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    connection: Arc<Mutex<Connection>>,
    patience: Duration,
}

#[derive(Debug)]
struct Connection {
    options: SqliteConnectOptions,
    /// `None` after [`Writer::close`].
    sqlite: Option<SqliteConnection>,
    /// Whether a transaction may be under way.
    is_open: bool,
}

/// A transaction that rolls back when it is dropped.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// `None` once it has ended. A lock, because statements borrow the transaction shared.
    connection: Mutex<Option<OwnedMutexGuard<Connection>>>,
}

/// What one statement has answered.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<QueryResult>,
    pub(crate) done: SqliteQueryResult,
}

impl From<Answer> for ExecResult {
    fn from(answer: Answer) -> Self {
        answer.done.into()
    }
}

/// Whether another process has had the write lock for too long: SQLITE_BUSY, in the low byte of its extended codes.
pub(crate) fn is_locked(error: &DbErr) -> bool {
    let (DbErr::Conn(reason) | DbErr::Exec(reason) | DbErr::Query(reason)) = error else { return false };
    let RuntimeErr::SqlxError(error) = reason else { return false };
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

impl Writer {
    /// Opens the connection. A transaction waits for it as long as `patience`.
    pub(crate) async fn connect(options: SqliteConnectOptions, patience: Duration) -> sqlx::Result<Self> {
        let options = options.disable_statement_logging();
        let sqlite = Some(options.connect().await?);
        let connection = Connection { options, sqlite, is_open: false };
        Ok(Self { connection: Arc::new(Mutex::new(connection)), patience })
    }

    /// Waits for its turn.
    pub(crate) async fn begin(&self) -> Result<Transaction, DbErr> {
        let turn = tokio::time::timeout(self.patience, self.connection.clone().lock_owned());
        let mut connection = turn.await.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        // Whoever had it before went away in the middle.
        connection.roll_back().await.map_err(failed)?;
        Ok(Transaction { connection: Mutex::new(Some(connection)) })
    }

    /// Closes the connection after the transaction under way.
    pub(crate) async fn close(&self) {
        let mut connection = self.connection.lock().await;
        if let Some(sqlite) = connection.sqlite.take() {
            let _ = sqlite.close().await;
        }
    }
}

impl Connection {
    /// Runs the statements one after the other and returns what each has answered. Their parameters are those of all of
    /// them together.
    async fn run(&mut self, statements: &[&str], values: Values) -> sqlx::Result<Vec<Answer>> {
        let sqlite = self.sqlite.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let query = sqlx::query_with(AssertSqlSafe(statements.join("; ")), SqlxValues(values));
        let mut answers = Vec::with_capacity(statements.len());
        let mut rows = Vec::new();
        let mut stream = sqlite.fetch_many(query);
        while let Some(step) = stream.try_next().await? {
            match step {
                Either::Right(row) => rows.push(QueryResult::from(row)),
                Either::Left(done) => answers.push(Answer { rows: std::mem::take(&mut rows), done }),
            }
        }
        Ok(answers)
    }

    async fn roll_back(&mut self) -> sqlx::Result<()> {
        if !self.is_open {
            return Ok(());
        }
        match self.run(&["ROLLBACK"], Values(Vec::new())).await {
            // SQLite says so when there was no transaction after all.
            Ok(_) | Err(sqlx::Error::Database(_)) => {}
            Err(_) => self.sqlite = Some(self.options.connect().await?),
        }
        self.is_open = false;
        Ok(())
    }
}

impl Transaction {
    /// Runs one statement.
    pub(crate) async fn run(&self, statement: Statement) -> Result<Answer, DbErr> {
        Ok(self.run_parts(&[&statement.sql], statement.values).await?.pop().unwrap_or_default())
    }

    /// Runs statements that need nothing of each other's answers: one answer for each.
    pub(crate) async fn run_all(&self, statements: Vec<Statement>) -> Result<Vec<Answer>, DbErr> {
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        let (parts, values) = joined(statements);
        self.run_parts(&parts.iter().map(String::as_str).collect::<Vec<_>>(), Some(values)).await
    }

    async fn run_parts(&self, parts: &[&str], values: Option<Values>) -> Result<Vec<Answer>, DbErr> {
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().ok_or_else(ended)?;
        let values = values.unwrap_or(Values(Vec::new()));
        if connection.is_open {
            return connection.run(parts, values).await.map_err(failed);
        }
        connection.is_open = true;
        let mut answers = connection.run(&[&[BEGIN], parts].concat(), values).await.map_err(failed)?;
        answers.remove(0);
        Ok(answers)
    }

    /// Runs the last statements and commits.
    pub(crate) async fn commit(self, last: Vec<Statement>) -> Result<(), DbErr> {
        let mut connection = self.connection.lock().await;
        let connection = connection.as_mut().ok_or_else(ended)?;
        if !connection.is_open && last.is_empty() {
            return Ok(());
        }
        let (parts, values) = joined(last);
        let first = if connection.is_open { None } else { Some(BEGIN) };
        connection.is_open = true;
        let parts = first.into_iter().chain(parts.iter().map(String::as_str)).chain(["COMMIT"]);
        connection.run(&parts.collect::<Vec<_>>(), values).await.map_err(failed)?;
        connection.is_open = false;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.get_mut().take() else { return };
        // Outside of a runtime the next transaction rolls it back.
        if connection.is_open
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { connection.roll_back().await });
        }
    }
}

/// The statements with their parameters numbered on through all of them, and the values.
fn joined(statements: Vec<Statement>) -> (Vec<String>, Values) {
    let (mut parts, mut all) = (Vec::with_capacity(statements.len()), Vec::new());
    for Statement { sql, values, .. } in statements {
        parts.push(renumbered(&sql, all.len()));
        all.extend(values.into_iter().flatten());
    }
    (parts, Values(all))
}

/// `$1` becomes `$4` when three parameters come before.
fn renumbered(sql: &str, before: usize) -> String {
    let mut renumbered = String::with_capacity(sql.len() + 8);
    let mut pieces = sql.split('$');
    renumbered.extend(pieces.next());
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        renumbered.push('$');
        match piece[..digits].parse::<usize>() {
            Ok(number) => renumbered.push_str(&(number + before).to_string()),
            Err(_) => renumbered.push_str(&piece[..digits]),
        }
        renumbered.push_str(&piece[digits..]);
    }
    renumbered
}

fn ended() -> DbErr {
    DbErr::Query(RuntimeErr::Internal("the transaction has ended".into()))
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_on_through_all_statements() {
        assert_eq!(renumbered("SELECT $1, $2, '$.name', $10", 3), "SELECT $4, $5, '$.name', $13");
        assert_eq!(renumbered("no parameters", 3), "no parameters");
    }
}
