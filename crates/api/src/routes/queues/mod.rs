//! `/api/v1/queues`: how many jobs are where, and what can be done with many of them.

pub(super) mod clear;
pub(super) mod jobs;
pub(super) mod list;
pub(super) mod pause;
pub(super) mod read;
pub(super) mod resume;
pub(super) mod retry;

use serde::Serialize;
use telecine_queue::{QueueOverview, Queues, QueuesError};
use utoipa::ToSchema;

/// A queue and its jobs by state.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueBody {
    /// Its name.
    pub name: String,
    /// Ready to be taken.
    pub waiting: u64,
    /// Running.
    pub active: u64,
    /// Ended well, and kept: for a day, and the last 1000.
    pub completed: u64,
    /// Ended badly, and kept for a week to be looked at and tried again.
    pub failed: u64,
    /// Not before a certain time: added for later, or between two attempts.
    pub delayed: u64,
    /// Waiting for other jobs.
    pub waiting_children: u64,
    /// Whether nobody takes its jobs at present.
    pub paused: bool,
}

impl From<(String, QueueOverview)> for QueueBody {
    fn from((name, QueueOverview { counts, is_paused }): (String, QueueOverview)) -> Self {
        Self {
            name,
            waiting: counts.waiting,
            active: counts.active,
            completed: counts.completed,
            failed: counts.failed,
            delayed: counts.delayed,
            waiting_children: counts.waiting_children,
            paused: is_paused,
        }
    }
}

impl QueueBody {
    /// The queue of this name.
    async fn find(queues: &dyn Queues, name: String) -> Result<Self, QueuesError> {
        let mut known = queues.overview().await?;
        match known.remove(&name) {
            Some(overview) => Ok((name, overview).into()),
            None => {
                let known = known.into_keys().collect::<Vec<_>>().join(", ");
                Err(QueuesError::NoSuchQueue { queue: name, known })
            }
        }
    }
}
