//! `[jobs]` in telecine.toml.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use telecine_db::jobs::{Limits, Rate};

/// How this process works on jobs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// Jobs of one queue that run at the same time here; a queue that is not named keeps its own default.
    pub concurrency: BTreeMap<String, usize>,
    /// What holds for a queue across all workers.
    pub limits: BTreeMap<String, QueueLimits>,
    /// Seconds that running jobs get to end when the process is asked to stop; then they are handed back.
    pub shutdown_grace_s: u64,
}

/// Limits of one queue across all workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueLimits {
    /// Jobs that run at the same time, everywhere together.
    pub concurrency: Option<u32>,
    /// Jobs that may start in one window of time …
    pub max_starts: Option<u32>,
    /// … of so many milliseconds.
    pub window_ms: Option<u32>,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self { concurrency: BTreeMap::new(), limits: BTreeMap::new(), shutdown_grace_s: 5 }
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
            None => self.limits.iter().try_for_each(|(queue, limits)| limits.check(queue)),
        }
    }

    /// What holds for this queue across all workers; `None` without limits.
    pub(crate) fn limits(&self, queue: &str) -> Option<Limits> {
        let limits = self.limits.get(queue)?;
        let window = limits.max_starts.zip(limits.window_ms);
        let rate = window.map(|(max, window)| Rate { max, duration_ms: i64::from(window) });
        Some(Limits { concurrency: limits.concurrency, rate })
    }

    pub(crate) fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace_s)
    }
}

impl QueueLimits {
    fn check(&self, queue: &str) -> Result<(), String> {
        if self.concurrency == Some(0) || self.max_starts == Some(0) || self.window_ms == Some(0) {
            return Err(format!("jobs.limits.{queue} holds a 0; leave the limit out, or pause the queue"));
        }
        if self.max_starts.is_some() != self.window_ms.is_some() {
            return Err(format!("jobs.limits.{queue} needs both max_starts and window_ms, or neither"));
        }
        Ok(())
    }
}
