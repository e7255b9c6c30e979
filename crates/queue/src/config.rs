//! `[jobs]` in telecine.toml.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

/// How this process works on jobs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// Jobs of one queue that run at the same time here; a queue that is not named keeps its own default.
    pub concurrency: BTreeMap<String, usize>,
    /// Seconds that running jobs get to end when the process is asked to stop; then they are handed back.
    pub shutdown_grace_s: u64,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self { concurrency: BTreeMap::new(), shutdown_grace_s: 5 }
    }
}

impl QueueConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        match self.concurrency.iter().find(|(_, jobs)| !(1..=1000).contains(*jobs)) {
            Some((queue, jobs)) => Err(format!("jobs.concurrency.{queue} is {jobs}; it must be 1 to 1000")),
            None => Ok(()),
        }
    }

    pub(crate) fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_s)
    }
}
