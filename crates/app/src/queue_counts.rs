//! How many jobs wait, run and have ended, for those who watch.

use std::collections::BTreeMap;

use telecine_db::{DbError, jobs};
use telecine_queue::QueueOverview;

use crate::App;
use crate::jobs::registry;

/// Every queue by name, also those without jobs.
///
/// # Errors
/// [`DbError`].
pub async fn queue_counts(app: &App) -> Result<BTreeMap<String, QueueOverview>, DbError> {
    let mut counts = jobs::counts_by_queue(app.db.read()).await?;
    let paused = jobs::paused_queues(app.db.read()).await?;
    for (queue, _) in registry().queues() {
        counts.entry(queue.to_owned()).or_default();
    }
    let overview = |(queue, counts)| {
        let is_paused = paused.contains(&queue);
        (queue, QueueOverview { counts, is_paused })
    };
    Ok(counts.into_iter().map(overview).collect())
}
