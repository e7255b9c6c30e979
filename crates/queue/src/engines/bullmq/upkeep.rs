//! What the database needs from time to time, whoever hands jobs out: schedules that are due, and old jobs that go.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use telecine_db::{Db, DbError, jobs, schedules};
use telecine_model::Clock;
use tokio_util::sync::CancellationToken;

use crate::schedule::fire_due;

/// Schedules of other processes are found within this time.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Finished jobs are pruned this often.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Upkeep {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
}

impl Upkeep {
    /// Works until it is stopped.
    pub(super) async fn work(self, stop: CancellationToken) {
        let mut prune_at = self.clock.now();
        while !stop.is_cancelled() {
            let now = self.clock.now();
            let is_prune_due = now >= prune_at;
            match self.turn(now, is_prune_due).await {
                Ok(()) if is_prune_due => prune_at = now + PRUNE_EVERY,
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "schedules cannot be looked at, will try again"),
            }
            let look_at = self.next_look(now).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(look_at) => {}
            }
        }
    }

    async fn turn(&self, now: Timestamp, is_prune_due: bool) -> Result<(), DbError> {
        let due = self.next_due().await?;
        if due.is_none_or(|due| due > now.as_millisecond()) && !is_prune_due {
            return Ok(());
        }
        let tx = self.db.begin().await?;
        fire_due(&tx, &*self.clock).await?;
        if is_prune_due {
            jobs::prune(&tx, now.as_millisecond()).await?;
        }
        tx.commit().await
    }

    async fn next_look(&self, now: Timestamp) -> Timestamp {
        let latest = now + LOOK_AGAIN;
        let due = self.next_due().await.ok().flatten();
        let due = due.and_then(|due| Timestamp::from_millisecond(due).ok());
        due.map_or(latest, |due| due.clamp(now, latest))
    }

    /// When the next schedule wants a job, in milliseconds since 1970.
    async fn next_due(&self) -> Result<Option<i64>, DbError> {
        Ok(schedules::list(self.db.read()).await?.iter().map(|schedule| schedule.next_at).min())
    }
}
