//! `[jobs]` in telecine.toml.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use telecine_db::jobs::{Limits, Rate};

use crate::engines::bullmq::BullMqConfig;

/// More would only wait for each other; media work happens in child processes.
const MAX_CONCURRENCY: usize = 1000;
/// Beyond this a job is not unlucky but broken; the waits alone would take days.
const MAX_RETRIES: u32 = 100;
const MAX_BACKOFF_MS: u64 = 3_600_000;

/// Who hands jobs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// The `jobs` table.
    Table,
    /// BullMQ's queues in Redis, which programs in Node may share.
    BullMq,
}

/// How this process works on jobs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// Who hands jobs out; without it, BullMQ where there is a Redis, and the table otherwise.
    pub engine: Option<EngineKind>,
    /// The first part of BullMQ's keys.
    pub prefix: String,
    /// Jobs of one queue that run at the same time here; a queue that is not named keeps its own default.
    pub concurrency: BTreeMap<String, usize>,
    /// The same for every queue that is not named; without it each keeps its own default.
    pub default_concurrency: Option<usize>,
    /// Times that a failed job is tried again, whatever its kind or its producer says.
    pub max_retries: Option<u32>,
    /// Milliseconds before the first of these retries, whatever the kind or the producer says; each further wait is twice as long.
    pub backoff_ms: Option<u64>,
    /// What holds for a queue across all workers.
    pub limits: BTreeMap<String, QueueLimits>,
    /// Seconds that running jobs get to end when the process is asked to stop; then they are handed back.
    pub shutdown_grace_s: u64,
}

/// What the settings say about trying failed jobs again; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Retries {
    max: Option<u32>,
    backoff_ms: Option<u64>,
}

impl Retries {
    /// Runs that a job may have; `own` is what it was added with.
    pub(crate) fn attempts(self, own: i32) -> i32 {
        let configured = self.max.and_then(|retries| i32::try_from(retries).ok());
        configured.map_or(own, |retries| retries.saturating_add(1))
    }

    /// Milliseconds before the first retry; `own` is what the job was added with.
    pub(crate) fn first_backoff_ms(self, own: i64) -> i64 {
        self.backoff_ms.and_then(|wait| i64::try_from(wait).ok()).unwrap_or(own)
    }
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
        Self {
            engine: None,
            prefix: "bull".to_owned(),
            concurrency: BTreeMap::new(),
            default_concurrency: None,
            max_retries: None,
            backoff_ms: None,
            limits: BTreeMap::new(),
            shutdown_grace_s: 5,
        }
    }
}

impl QueueConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        if self.prefix.is_empty() || self.prefix.contains(':') {
            return Err("jobs.prefix must be a word without a colon, such as bull or {bull}".to_owned());
        }
        let named = self.concurrency.iter().map(|(queue, jobs)| (format!("jobs.concurrency.{queue}"), *jobs));
        let default = self.default_concurrency.map(|jobs| ("jobs.default_concurrency".to_owned(), jobs));
        if let Some((name, jobs)) =
            named.chain(default).find(|(_, jobs)| !(1..=MAX_CONCURRENCY).contains(jobs))
        {
            return Err(format!("{name} is {jobs}; it must be 1 to {MAX_CONCURRENCY}"));
        }
        match (self.max_retries, self.backoff_ms) {
            (Some(retries), _) if retries > MAX_RETRIES => {
                Err(format!("jobs.max_retries is {retries}; it must be {MAX_RETRIES} or less"))
            }
            (_, Some(wait)) if wait > MAX_BACKOFF_MS => {
                Err(format!("jobs.backoff_ms is {wait}; it must be {MAX_BACKOFF_MS} (an hour) or less"))
            }
            _ => self.limits.iter().try_for_each(|(queue, limits)| limits.check(queue)),
        }
    }

    /// Jobs of this queue that run at the same time here; `own` is what its kinds ask for.
    #[must_use]
    pub fn concurrency_of(&self, queue: &str, own: usize) -> usize {
        self.concurrency.get(queue).copied().or(self.default_concurrency).unwrap_or(own)
    }

    /// What the settings say about trying failed jobs again.
    pub(crate) fn retries(&self) -> Retries {
        Retries { max: self.max_retries, backoff_ms: self.backoff_ms }
    }

    /// The queues of BullMQ, if they hand jobs out; `redis` is the address of the Redis that is set up.
    ///
    /// # Errors
    /// A sentence when BullMQ is asked for and there is no Redis.
    pub fn bullmq(&self, redis: Option<SecretString>) -> Result<Option<BullMqConfig>, String> {
        let config = |url| BullMqConfig { url, prefix: self.prefix.clone() };
        match (self.engine, redis) {
            (Some(EngineKind::Table), _) | (None, None) => Ok(None),
            (_, Some(url)) => Ok(Some(config(url))),
            (Some(EngineKind::BullMq), None) => {
                Err("jobs.engine is bullmq, and no Redis is set; set redis.url (REDIS_URL)".to_owned())
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_queue_beats_the_default_which_beats_what_its_kinds_ask_for() {
        let named = BTreeMap::from([("a".to_owned(), 2)]);
        let config =
            QueueConfig { concurrency: named, default_concurrency: Some(5), ..QueueConfig::default() };
        assert_eq!((config.concurrency_of("a", 1), config.concurrency_of("b", 1)), (2, 5));
        assert_eq!(QueueConfig::default().concurrency_of("b", 4), 4);
    }

    #[test]
    fn retries_count_the_runs_after_the_first() {
        let config = QueueConfig { max_retries: Some(0), backoff_ms: Some(100), ..QueueConfig::default() };
        let retries = config.retries();
        assert_eq!((retries.attempts(4), retries.first_backoff_ms(5000)), (1, 100));
        let own = Retries::default();
        assert_eq!((own.attempts(4), own.first_backoff_ms(5000)), (4, 5000));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let config = QueueConfig { default_concurrency: Some(0), ..QueueConfig::default() };
        assert!(config.check().is_err_and(|sentence| sentence.contains("jobs.default_concurrency")));
        let config = QueueConfig { max_retries: Some(101), ..QueueConfig::default() };
        assert!(config.check().is_err_and(|sentence| sentence.contains("jobs.max_retries")));
        let config = QueueConfig { backoff_ms: Some(3_600_001), ..QueueConfig::default() };
        assert!(config.check().is_err_and(|sentence| sentence.contains("jobs.backoff_ms")));
    }
}
