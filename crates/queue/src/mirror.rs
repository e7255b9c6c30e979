//! A second place where a run is shown while it goes on.

use async_trait::async_trait;
use telecine_db::jobs::Backoff;

use crate::run::Progress;

/// Shows a run outside the database. What fails there is of no consequence for the run.
#[async_trait]
pub(crate) trait Mirror: Send + Sync {
    /// How far the run is.
    async fn progress(&self, progress: &Progress);
    /// A line of its log.
    async fn log(&self, line: &str);
    /// The waits between runs that its producer has asked for there; `None` when they cannot be read.
    async fn backoff(&self) -> Option<Backoff>;
}
