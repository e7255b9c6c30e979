//! `purge-cdn`: tells the CDN to drop its copies of objects that are gone.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::Tx;
use telecine_model::FailureCode;
use telecine_queue::{Job, JobError, Kept, Run};
use telecine_storage::purge::PurgeError;

use crate::App;

/// Keys of one job: three requests to Cloudflare, and about 30 kB in the job's row.
const KEYS_A_JOB: usize = 300;

/// Drops the copies of these objects. It is added in the transaction that strikes the objects off after they have been
/// removed: before that, the CDN would only fetch them again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PurgeCdn {
    keys: Vec<String>,
}

impl PurgeCdn {
    /// Adds the jobs for objects that are gone with this transaction; none without a CDN that can be told.
    pub(super) async fn add(tx: &Tx, app: &App, keys: Vec<String>) -> Result<(), JobError> {
        if app.cdn.is_on() {
            for keys in keys.chunks(KEYS_A_JOB) {
                telecine_queue::add(tx, &*app.clock, &Self { keys: keys.to_vec() }).await?;
            }
        }
        Ok(())
    }
}

impl Job<App> for PurgeCdn {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "purge-cdn";
    // With the wait doubling up to an hour these are some days: time to correct a token.
    const ATTEMPTS: i32 = 100;
    const BACKOFF: Duration = Duration::from_secs(2);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    async fn run(&self, _run: &Run, app: &App) -> Result<(), JobError> {
        let urls: Vec<String> = self.keys.iter().filter_map(|key| app.urls.on_cdn(key)).collect();
        match app.cdn.purge(&urls).await {
            Ok(()) => Ok(()),
            Err(PurgeError::Later(wait)) => Err(JobError::Snooze(wait)),
            Err(error) => {
                tracing::warn!(%error, "the CDN keeps copies of {} deleted objects, will retry", urls.len());
                Err(FailureCode::CdnUnavailable.into())
            }
        }
    }
}
