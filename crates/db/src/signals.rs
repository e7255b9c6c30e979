//! What a committed transaction tells others: jobs were added, a job is to stop, events were written.
//!
//! Inside the process these are channels. On PostgreSQL a notification carries the same to every other process, so
//! nobody has to look at a table from time to time.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::PgListener;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};

/// The channel of `LISTEN` and `NOTIFY`.
pub(crate) const CHANNEL: &str = "telecine";
/// A notification may have 8000 bytes; with more job ids than this, workers learn of them by their next heartbeat.
const CANCELLED_NAMED: usize = 40;
/// Cancelled jobs that a slow receiver may be behind; it learns the rest by its heartbeats.
const CANCELLED_BUFFERED: usize = 1024;
/// The wait before the listener connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// The receiving ends, cheap to clone.
#[derive(Debug, Clone)]
pub struct Signals {
    jobs: watch::Sender<u64>,
    events: watch::Sender<u64>,
    cancelled: broadcast::Sender<Arc<str>>,
}

/// What one transaction has to tell.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notes {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) jobs: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) events: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cancelled: Vec<String>,
}

impl Notes {
    pub(crate) fn is_empty(&self) -> bool {
        !self.jobs && !self.events && self.cancelled.is_empty()
    }

    /// The text of the notification.
    pub(crate) fn payload(&self) -> String {
        let cancelled = self.cancelled.iter().take(CANCELLED_NAMED).cloned().collect();
        let notes = Self { jobs: self.jobs, events: self.events, cancelled };
        serde_json::to_string(&notes).unwrap_or_default()
    }
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            jobs: watch::Sender::new(0),
            events: watch::Sender::new(0),
            cancelled: broadcast::Sender::new(CANCELLED_BUFFERED),
        }
    }
}

impl Signals {
    /// Changes whenever jobs were added or became due, a queue was resumed, or a schedule changed.
    #[must_use]
    pub fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }

    /// Changes whenever events were written.
    #[must_use]
    pub fn events(&self) -> watch::Receiver<u64> {
        self.events.subscribe()
    }

    /// The ids of running jobs that are to stop.
    #[must_use]
    pub fn cancelled(&self) -> broadcast::Receiver<Arc<str>> {
        self.cancelled.subscribe()
    }

    pub(crate) fn give(&self, notes: &Notes) {
        if notes.jobs {
            self.jobs.send_modify(|count| *count += 1);
        }
        if notes.events {
            self.events.send_modify(|count| *count += 1);
        }
        for id in &notes.cancelled {
            // Without workers in this process nobody listens.
            let _ = self.cancelled.send(id.as_str().into());
        }
    }

    /// Passes on what other processes tell, until it is dropped.
    pub(crate) async fn listen(self, pool: PgPool) {
        loop {
            if let Err(error) = self.listen_once(&pool).await {
                tracing::debug!(%error, "the listener lost its connection, connects again");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen_once(&self, pool: &PgPool) -> Result<(), sea_orm::sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        // What was told while nobody listened.
        self.give(&Notes { jobs: true, events: true, cancelled: Vec::new() });
        while let Some(notification) = listener.try_recv().await? {
            match serde_json::from_str(notification.payload()) {
                Ok(notes) => self.give(&notes),
                Err(error) => tracing::debug!(%error, "a notification of another release"),
            }
        }
        Ok(())
    }
}
