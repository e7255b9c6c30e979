//! `GET /api/v1/upload-queue/status`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_db::jobs::{Filter, Job};
use telecine_model::JobState;
use telecine_queue::{Queues, QueuesError};
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

/// The queues whose jobs bring files into storage.
const QUEUES: [&str; 2] = ["asset-upload", "uploads"];
/// Jobs of one state and queue that are shown.
const SHOWN: u64 = 100;
/// What runs, what will run in its order, and what has failed, newest first.
const SHOWN_STATES: [&[JobState]; 3] = [
    &[JobState::Active],
    &[JobState::Waiting, JobState::Delayed, JobState::WaitingChildren],
    &[JobState::Failed],
];

/// The uploads that happen in the background.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadQueueStatus {
    /// Jobs that have not ended.
    queue_length: u64,
    /// Whether one of them runs.
    processing: bool,
    /// Running ones, then those to come, then failed ones; up to 100 of each and queue.
    jobs: Vec<UploadJob>,
}

/// A background upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadJob {
    id: String,
    /// `processing`, `pending` or `failed`.
    status: &'static str,
    /// Runs after the first one.
    retries: i32,
}

/// How far the uploads in the background are.
#[utoipa::path(get, path = "/api/v1/upload-queue/status",
    responses((status = 200, body = UploadQueueStatus), (status = 401, body = Problem)))]
pub(crate) async fn status(
    State(queues): State<Arc<dyn Queues>>,
) -> Result<Json<UploadQueueStatus>, Problem> {
    let overview = queues.overview().await.map_err(QueuesError::from)?;
    let known: Vec<&str> = QUEUES.into_iter().filter(|queue| overview.contains_key(*queue)).collect();
    let mut status = UploadQueueStatus::default();
    for counts in known.iter().filter_map(|queue| overview.get(*queue)).map(|overview| overview.counts) {
        status.queue_length += counts.waiting + counts.delayed + counts.waiting_children + counts.active;
        status.processing |= counts.active > 0;
    }
    for states in SHOWN_STATES {
        for queue in &known {
            status.jobs.extend(jobs_in(&*queues, queue, states).await?.into_iter().map(UploadJob::from));
        }
    }
    Ok(Json(status))
}

async fn jobs_in(queues: &dyn Queues, queue: &str, states: &[JobState]) -> Result<Vec<Job>, QueuesError> {
    let (queue, states) = (Some(queue.to_owned()), states.to_vec());
    queues.list(&Filter { queue, states, text: None, offset: 0, limit: SHOWN }).await
}

impl From<Job> for UploadJob {
    fn from(job: Job) -> Self {
        let status = match job.state {
            JobState::Active => "processing",
            JobState::Failed => "failed",
            _ => "pending",
        };
        // The first run is no repetition; of a failed job the last one has failed too.
        let retries = job.attempts_made.min(job.max_attempts - 1).max(0);
        Self { id: job.id, status, retries }
    }
}
