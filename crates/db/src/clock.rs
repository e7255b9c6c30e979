//! The clock that all processes of one deployment share: the database server's.
//!
//! Leases, delays and schedules are times in rows. Two machines whose clocks differ would take each other's jobs away,
//! or leave a dead worker's job alone for too long; so with PostgreSQL every process goes by the server's time. SQLite
//! lives on one machine, whose clock does.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use telecine_model::Clock;
use tokio::task::AbortHandle;

use crate::connection::Db;
use crate::error::DbError;

/// How often the clocks are compared: machines drift by milliseconds in this time, and a clock that is set by hand is
/// noticed.
const COMPARE_EVERY: Duration = Duration::from_secs(20);
/// Smaller differences are the way of the question, not of the clock.
const NOISE_MS: i64 = 20;

/// A machine's clock, corrected by how far the database server's is ahead.
pub struct ServerClock {
    machine: Arc<dyn Clock>,
    ahead_ms: Arc<AtomicI64>,
    comparing: AbortHandle,
}

impl ServerClock {
    /// The clock to go by: the server's for PostgreSQL, compared from time to time; `machine` itself for SQLite.
    ///
    /// # Errors
    /// [`DbError::Statement`] when the server does not tell its time.
    pub async fn of(db: &Db, machine: Arc<dyn Clock>) -> Result<Arc<dyn Clock>, DbError> {
        let conn = db.read().clone();
        if conn.get_database_backend() != DbBackend::Postgres {
            return Ok(machine);
        }
        let ahead_ms = Arc::new(AtomicI64::new(ahead(&conn, &*machine).await?));
        let comparing = tokio::spawn(compare(conn, machine.clone(), ahead_ms.clone())).abort_handle();
        Ok(Arc::new(Self { machine, ahead_ms, comparing }))
    }

    fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }
}

impl Drop for ServerClock {
    fn drop(&mut self) {
        self.comparing.abort();
    }
}

#[async_trait]
impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        let now = self.machine.now();
        now.checked_add(self.ahead()).unwrap_or(now)
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.machine.sleep_until(at.checked_sub(self.ahead()).unwrap_or(at)).await;
    }
}

async fn compare(conn: DatabaseConnection, machine: Arc<dyn Clock>, ahead_ms: Arc<AtomicI64>) {
    loop {
        tokio::time::sleep(COMPARE_EVERY).await;
        match ahead(&conn, &*machine).await {
            Ok(now) if (now - ahead_ms.load(Ordering::Relaxed)).abs() > NOISE_MS => {
                tracing::warn!(ahead_ms = now, "the clocks of this machine and the database server differ");
                ahead_ms.store(now, Ordering::Relaxed);
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "the database server does not tell its time"),
        }
    }
}

/// Milliseconds that the server is ahead, taken in the middle of question and answer.
async fn ahead(conn: &DatabaseConnection, machine: &dyn Clock) -> Result<i64, DbError> {
    let question = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms";
    let before = machine.now_ms();
    let row = conn.query_one_raw(Statement::from_string(DbBackend::Postgres, question)).await?;
    let after = machine.now_ms();
    let there: i64 = row.map_or(Ok(before), |row| row.try_get("", "now_ms"))?;
    Ok(there - before.midpoint(after))
}
