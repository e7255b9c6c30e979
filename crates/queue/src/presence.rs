//! Says from time to time that a worker is there: others split long work when somebody is idle.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use telecine_db::{Db, DbError, jobs};
use telecine_model::Clock;
use tokio_util::sync::CancellationToken;

/// Three of these may fail before a worker counts as gone.
const EVERY: Duration = Duration::from_secs(8);

pub(crate) struct Presence {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) worker: String,
    /// Places by queue.
    pub(crate) places: BTreeMap<&'static str, usize>,
}

impl Presence {
    /// Works until it is stopped.
    pub(crate) async fn work(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.note().await {
                tracing::debug!(%error, "the worker could not say that it is there, will try again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep_until(self.clock.now() + EVERY) => {}
            }
        }
        if let Err(error) = self.forget().await {
            tracing::debug!(%error, "the worker could not say that it goes, others notice it later");
        }
    }

    async fn note(&self) -> Result<(), DbError> {
        let tx = self.db.begin().await?;
        jobs::note_worker(&tx, &self.worker, &self.places, self.clock.now_ms()).await?;
        tx.commit().await
    }

    async fn forget(&self) -> Result<(), DbError> {
        let tx = self.db.begin().await?;
        jobs::forget_worker(&tx, &self.worker).await?;
        tx.commit().await
    }
}
