//! `cleanup`: removes what uploads have left that nobody will complete. Comes every night, or when a program asks.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine_db::Tx;
use telecine_queue::{Job, JobError, Rhythm, Run, ScheduleError};

use crate::reconcile::Reconciler;
use crate::{App, AppError};

/// When it comes by itself: every night at two, UTC.
const NIGHTLY: &str = "0 2 * * *";
const DEFAULT_DAYS: u64 = 7;
const MAX_DAYS: u64 = 3650;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Removes unfinished multipart uploads of this age, wherever they are stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "Value", rename_all = "camelCase")]
pub struct CleanUp {
    older_than_days: u64,
}

impl CleanUp {
    /// Makes it come every night.
    pub(super) async fn schedule(tx: &Tx, app: &App) -> Result<(), ScheduleError> {
        let nightly = Rhythm::Cron { pattern: NIGHTLY.to_owned(), time_zone: None };
        let job = Self { older_than_days: DEFAULT_DAYS };
        telecine_queue::schedule(tx, &*app.clock, "cleanup", nightly, &job).await
    }
}

impl TryFrom<Value> for CleanUp {
    type Error = String;

    fn try_from(data: Value) -> Result<Self, String> {
        let older_than_days = match &data["olderThanDays"] {
            Value::Null => Some(DEFAULT_DAYS),
            days => days.as_u64().filter(|days| (1..=MAX_DAYS).contains(days)),
        };
        let refused = || format!("olderThanDays must be a whole number from 1 to {MAX_DAYS}");
        Ok(Self { older_than_days: older_than_days.ok_or_else(refused)? })
    }
}

impl Job<App> for CleanUp {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "cleanup";
    const TAKES_ANY_NAME: bool = true;
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(60);
    const TIMEOUT: Duration = Duration::from_secs(3600);
    const CONCURRENCY: usize = 2;

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let days = u32::try_from(self.older_than_days).unwrap_or(u32::MAX);
        let reconciler = Reconciler {
            db: &app.db,
            store: &app.store,
            clock: &*app.clock,
            upload_age: DAY * days,
            fix: true,
        };
        let report = tokio::select! {
            report = reconciler.sweep() => report.map_err(|error| failed(&error))?,
            () = run.cancellation().cancelled() => return Err(JobError::LeaseLost),
        };
        let removed = report.findings.len() - report.left();
        run.log(&format!("removed {removed} unfinished uploads, {} could not be removed", report.left()))
            .await?;
        run.set_result(json!({ "removedUploads": removed, "left": report.left() }));
        Ok(())
    }
}

fn failed(error: &AppError) -> JobError {
    use telecine_model::FailureCode::{Internal, StorageUnavailable};
    tracing::warn!(%error, "unfinished uploads could not be looked for");
    let code = if matches!(error, AppError::Store(_)) { StorageUnavailable } else { Internal };
    code.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_checked_and_has_a_default() {
        let days = |data: Value| CleanUp::try_from(data).map(|job| job.older_than_days);
        assert_eq!((days(json!({})), days(json!({ "olderThanDays": 30 }))), (Ok(7), Ok(30)));
        for wrong in [json!(0), json!(-1), json!(1.5), json!("7"), json!(100_000)] {
            assert!(
                days(json!({ "olderThanDays": wrong })).unwrap_err().contains("olderThanDays"),
                "{wrong}"
            );
        }
    }
}
