//! Progress and log lines of a run, where dashboards on Redis look for them.

use async_trait::async_trait;
use bullmq::keys::QueueKeys;
use bullmq::redis_connection::RedisConnection;
use bullmq::{Error, Job, JobProgress};
use serde_json::json;
use telecine_db::jobs::Backoff;
use tokio::sync::OnceCell;

use super::options::Options;

use crate::mirror::Mirror;
use crate::run::Progress;

/// The newest log lines of a job in Redis unless it asks for fewer; the table keeps as many.
const LOGS_KEPT: u32 = 1000;

/// The job in Redis that belongs to a run.
pub(super) struct JobMirror {
    job: Job,
    key: String,
    connection: RedisConnection,
    /// The lines to keep, once there is a first one: the library does not tell what the job has asked for.
    keep_logs: OnceCell<u32>,
}

impl JobMirror {
    pub(super) fn new(job: Job, keys: &QueueKeys, connection: RedisConnection) -> Self {
        let key = keys.job_key(job.id());
        Self { job, key, connection, keep_logs: OnceCell::new() }
    }

    async fn add_line(&self, line: &str) -> Result<(), Error> {
        let keep_logs = *self.keep_logs.get_or_try_init(|| self.read_keep_logs()).await?;
        if self.job.log(line).await? > u64::from(keep_logs) {
            self.job.clear_logs(Some(keep_logs)).await?;
        }
        Ok(())
    }

    async fn read_keep_logs(&self) -> Result<u32, Error> {
        let asked = self.read_options().await?.and_then(|options| options.keep_logs);
        Ok(asked.unwrap_or(LOGS_KEPT).min(LOGS_KEPT))
    }

    async fn read_options(&self) -> Result<Option<Options>, Error> {
        let mut command = redis::cmd("HGET");
        command.arg(&self.key).arg("opts");
        let stored: Option<String> = self.connection.cmd(&mut command).await?;
        Ok(stored.map(|stored| Options::read(&stored)))
    }
}

#[async_trait]
impl Mirror for JobMirror {
    /// A number of 0 to 100, or the object that the run reports.
    async fn progress(&self, progress: &Progress) {
        let percent = (progress.share * 10_000.0).round() / 100.0;
        let value = progress.data.clone().unwrap_or_else(|| json!(percent));
        let updated = self.job.clone().update_progress(JobProgress::Object(value)).await;
        note(&self.job, updated);
    }

    async fn log(&self, line: &str) {
        note(&self.job, self.add_line(line).await);
    }

    async fn backoff(&self) -> Option<Backoff> {
        Some(self.read_options().await.ok()??.backoff)
    }
}

fn note(job: &Job, result: Result<(), Error>) {
    if let Err(error) = result {
        tracing::debug!(job.id = %job.id(), %error, "progress or a log line could not be shown in Redis");
    }
}
