//! `canary`: does nothing; that it ends shows that the engine works.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_queue::{Job, JobError, Kept, Run};
use uuid::Uuid;

use crate::App;

/// A job that a process adds to see whether jobs run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Canary {
    id: Uuid,
}

impl Canary {
    pub(crate) fn new() -> Self {
        Self { id: Uuid::now_v7() }
    }
}

impl Job<App> for Canary {
    const QUEUE: &'static str = "canary";
    const NAME: &'static str = "canary";
    const ATTEMPTS: i32 = 3;
    const BACKOFF: Duration = Duration::from_secs(1);
    const TIMEOUT: Duration = Duration::from_secs(10);
    const CONCURRENCY: usize = 1;
    const KEPT: Kept = Kept::WhileFailed;

    fn id(&self) -> String {
        format!("canary-{}", self.id)
    }

    async fn run(&self, _run: &Run, _app: &App) -> Result<(), JobError> {
        Ok(())
    }
}
