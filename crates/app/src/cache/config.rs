//! `[cache]` in telecine.toml: what the media cache may take.

use std::time::Duration;

use serde::Deserialize;
use telecine_outbound::Limits;

/// A server that sends nothing for so long is given up.
const IDLE: Duration = Duration::from_secs(30);

/// The limits of the media cache.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// The largest file, in bytes.
    pub max_file_bytes: u64,
    /// Bytes of all files; those unused for longest make room for others. 0 for no limit.
    pub budget_bytes: u64,
    /// The longest download, in seconds.
    pub max_seconds: u64,
    /// Files on their way from one host at a time, in each process.
    pub per_host: usize,
    /// Seconds after which a server is asked whether a file is still the same, when somebody wants it; 0 for never.
    pub revalidate_seconds: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            max_file_bytes: 512 * 1024 * 1024,
            budget_bytes: 50 * 1024 * 1024 * 1024,
            max_seconds: 15 * 60,
            per_host: 4,
            revalidate_seconds: 24 * 3600,
        }
    }
}

impl CacheConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        // Sums are kept as 64 bits with a sign.
        if self.max_file_bytes == 0 || i64::try_from(self.max_file_bytes).is_err() {
            return Err("cache.max_file_bytes must be 1 or more".into());
        }
        if self.budget_bytes != 0 && self.budget_bytes < self.max_file_bytes {
            return Err("cache.budget_bytes must be at least cache.max_file_bytes, or 0 for no limit".into());
        }
        if !(1..=3600).contains(&self.max_seconds) {
            return Err("cache.max_seconds must be 1 to 3600".into());
        }
        if !(1..=100).contains(&self.per_host) {
            return Err("cache.per_host must be 1 to 100".into());
        }
        Ok(())
    }

    /// How much of somebody else's server is wanted for one file.
    pub(crate) fn limits(&self) -> Limits {
        Limits { max_bytes: self.max_file_bytes, total: Duration::from_secs(self.max_seconds), idle: IDLE }
    }

    /// After which time a file is asked for again.
    pub(super) fn revalidate_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.revalidate_seconds)).filter(|after| !after.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_would_refuse_everything_stop_the_start() {
        let default = CacheConfig::default;
        assert_eq!(default().check(), Ok(()));
        assert_eq!(CacheConfig { budget_bytes: 0, ..default() }.check(), Ok(()));
        for (wrong, setting) in [
            (CacheConfig { max_file_bytes: 0, ..default() }, "max_file_bytes"),
            (CacheConfig { max_file_bytes: u64::MAX, ..default() }, "max_file_bytes"),
            (CacheConfig { budget_bytes: 1, ..default() }, "budget_bytes"),
            (CacheConfig { max_seconds: 0, ..default() }, "max_seconds"),
            (CacheConfig { max_seconds: 3601, ..default() }, "max_seconds"),
            (CacheConfig { per_host: 0, ..default() }, "per_host"),
        ] {
            assert!(wrong.check().unwrap_err().contains(setting), "{setting}");
        }
    }
}
