//! How long Redis keeps finished jobs: as long as the table does, and never without a limit.

use bullmq::types::{KeepJobs, RemoveOnFinish};

const DAY_S: u64 = 24 * 3600;
/// Completed jobs of a queue; a day at most.
const COMPLETED_KEPT: usize = 1000;
/// Failed jobs of a queue; a week at most.
const FAILED_KEPT: usize = 5000;

/// Completed jobs. The age counts in seconds.
pub(super) fn completed() -> RemoveOnFinish {
    kept(DAY_S, COMPLETED_KEPT)
}

/// Failed jobs.
pub(super) fn failed() -> RemoveOnFinish {
    kept(7 * DAY_S, FAILED_KEPT)
}

fn kept(age_s: u64, count: usize) -> RemoveOnFinish {
    RemoveOnFinish::Options(KeepJobs { age: Some(age_s), count: Some(count), limit: None })
}
