//! `evict-cache`: gives files of the media cache up that were not used for longest, until the rest fits into its budget.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use telecine_db::{DbError, Tx, cache};
use telecine_model::limits::PRESIGNED_URL_LIFE;
use telecine_queue::{Job, JobError, Kept, Run};

use crate::App;
use crate::cache::release;

/// Assets of one transaction.
const AT_ONCE: u64 = 50;
/// So much of the budget is in use afterwards: room for some files to come.
const LEAVE_PERCENT: u64 = 90;

/// Makes room. Assets that lose their file serve the original address, and are fetched again when somebody asks for them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct EvictCache {}

impl EvictCache {
    /// Adds the job if there is more in storage than the budget allows.
    pub(super) async fn add_if_needed(tx: &Tx, app: &App) -> Result<(), DbError> {
        let budget = app.cache.budget_bytes;
        if budget > 0 && cache::total_bytes(tx.conn()).await? > budget {
            telecine_queue::add(tx, &*app.clock, &Self {}).await?;
        }
        Ok(())
    }
}

impl Job<App> for EvictCache {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "evict-cache";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn id(&self) -> String {
        Self::NAME.to_owned()
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let target = app.cache.budget_bytes / 100 * LEAVE_PERCENT;
        let mut evicted = 0;
        let mut bytes = cache::total_bytes(app.db.read()).await?;
        while bytes > target {
            let oldest = cache::least_recently_used(app.db.read(), AT_ONCE).await?;
            if oldest.is_empty() {
                break;
            }
            for (id, batch) in oldest.into_iter().filter_map(|asset| Some((asset.id, asset.batch?))) {
                let tx = run.begin().await?;
                // The object before its assets, as whoever stores equal bytes takes them.
                let object = cache::hold_batch(&tx, batch).await?;
                if cache::mark_evicted(&tx, id, batch, app.clock.now_ms()).await? {
                    evicted += 1;
                    if release(app, &tx, batch, PRESIGNED_URL_LIFE).await? {
                        bytes = bytes.saturating_sub(object.map_or(0, |object| object.size));
                    }
                }
                tx.commit().await?;
                if bytes <= target {
                    break;
                }
            }
        }
        run.set_result(json!({ "evicted": evicted }));
        Ok(())
    }
}
