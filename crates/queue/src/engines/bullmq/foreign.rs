//! A job that only Redis has, as if it had a row.

use telecine_db::jobs::Job;
use telecine_model::{Failure, FailureCode, JobState};

use super::delivery::foreign_row_id;
use super::options::Options;

/// The job of another program as people are to see it.
pub(super) fn foreign_job(queue: &str, job: &bullmq::Job, state: JobState) -> Job {
    let options = Options::read(&serde_json::to_string(job.opts()).unwrap_or_default());
    let created_at = milliseconds(job.timestamp());
    let failure = (!job.failed_reason().is_empty())
        .then(|| Failure { message: job.failed_reason().to_owned(), ..Failure::from(FailureCode::Internal) });
    Job {
        id: foreign_row_id(queue, job.id()),
        queue: queue.to_owned(),
        name: job.name().to_owned(),
        data: job.data().to_string(),
        subject: None,
        state,
        priority: options.priority,
        max_attempts: options.attempts,
        attempts_made: i32::try_from(job.attempts_made()).unwrap_or(i32::MAX),
        backoff: options.backoff,
        timeout_ms: None,
        stalled: 0,
        token: 0,
        worker: job.processed_by().map(str::to_owned),
        cancel_requested: false,
        progress: 0.0,
        progress_data: None,
        result: Some(job.returnvalue().to_owned()).filter(|result| !result.is_empty()),
        failure,
        parent_id: None,
        children_left: 0,
        foreign_id: Some(job.id().to_owned()),
        run_at: created_at + milliseconds(job.delay()),
        created_at,
        started_at: job.processed_on().map(milliseconds),
        finished_at: job.finished_on().map(milliseconds),
    }
}

fn milliseconds(unsigned: u64) -> i64 {
    i64::try_from(unsigned).unwrap_or(i64::MAX)
}
