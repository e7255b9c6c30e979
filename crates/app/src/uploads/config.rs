//! `[uploads]` in telecine.toml: what may be uploaded, how much at a time, and how long an upload may rest.

use std::time::Duration;

use serde::Deserialize;
use telecine_model::limits::{MAX_UPLOAD_BYTES, PRESIGNED_URL_LIFE, UPLOAD_IDLE_LIFE};

use super::media_type::MediaTypePattern;

/// The longest that an upload may rest: storage drops unfinished parts after some days.
const MAX_IDLE_SECONDS: u64 = 7 * 24 * 3600;
/// The longest life of an upload token: 30 days, as long as a browser stays signed in.
const MAX_TOKEN_LIFE_S: u64 = 30 * 24 * 3600;

/// What may be uploaded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UploadsConfig {
    /// The largest file, in bytes.
    pub max_size_bytes: u64,
    /// Media types that are accepted: `video/mp4`, or `video/*` for all of a kind.
    pub allowed_types: Vec<MediaTypePattern>,
    /// Sessions that one token may have open; browsers that came by a printed link count as one.
    pub max_open_sessions: u64,
    /// Announced bytes of the sessions that one token may have open.
    pub max_open_bytes: u64,
    /// How long an upload token works, in seconds.
    pub token_life_s: u64,
    /// Seconds without activity after which an upload expires and what has arrived is removed.
    pub idle_seconds: u64,
}

impl Default for UploadsConfig {
    fn default() -> Self {
        // Browsers know no type for some video files and say `application/octet-stream`; what the bytes really are is
        // found out by the job.
        let types = [
            "video/*",
            "audio/*",
            "image/gif",
            "application/mp4",
            "application/ogg",
            "application/x-matroska",
            "application/octet-stream",
        ];
        Self {
            max_size_bytes: MAX_UPLOAD_BYTES,
            allowed_types: types.iter().filter_map(|text| text.parse().ok()).collect(),
            max_open_sessions: 1000,
            max_open_bytes: 2 * MAX_UPLOAD_BYTES,
            token_life_s: 24 * 3600,
            idle_seconds: UPLOAD_IDLE_LIFE.as_secs(),
        }
    }
}

impl UploadsConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=MAX_UPLOAD_BYTES).contains(&self.max_size_bytes) {
            return Err(format!(
                "uploads.max_size_bytes must be 1 to {MAX_UPLOAD_BYTES} (5 TiB), the largest object that storage takes"
            ));
        }
        if self.allowed_types.is_empty() {
            return Err("uploads.allowed_types must name a media type, such as video/*".into());
        }
        if self.max_open_sessions == 0 {
            return Err("uploads.max_open_sessions must be 1 or more".into());
        }
        // Sums are kept as 64 bits with a sign.
        if self.max_open_bytes < self.max_size_bytes || i64::try_from(self.max_open_bytes).is_err() {
            return Err("uploads.max_open_bytes must be at least uploads.max_size_bytes".into());
        }
        if !(1..=MAX_TOKEN_LIFE_S).contains(&self.token_life_s) {
            return Err(format!("uploads.token_life_s must be 1 to {MAX_TOKEN_LIFE_S} (30 days)"));
        }
        if !(1..=MAX_IDLE_SECONDS).contains(&self.idle_seconds) {
            return Err(format!("uploads.idle_seconds must be 1 to {MAX_IDLE_SECONDS} (7 days)"));
        }
        Ok(())
    }

    /// How long an upload may rest.
    #[must_use]
    pub(crate) fn idle_life(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    /// How long the addresses of an upload live: an hour, but never longer than the upload without activity.
    #[must_use]
    pub fn address_life(&self) -> Duration {
        self.idle_life().min(PRESIGNED_URL_LIFE)
    }

    /// How long an upload token works.
    #[must_use]
    pub fn token_life(&self) -> Duration {
        Duration::from_secs(self.token_life_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_would_refuse_everything_stop_the_start() {
        let default = UploadsConfig::default;
        assert_eq!(default().check(), Ok(()));
        for (wrong, setting) in [
            (UploadsConfig { max_size_bytes: 0, ..default() }, "max_size_bytes"),
            (UploadsConfig { max_size_bytes: MAX_UPLOAD_BYTES + 1, ..default() }, "max_size_bytes"),
            (UploadsConfig { allowed_types: Vec::new(), ..default() }, "allowed_types"),
            (UploadsConfig { max_open_sessions: 0, ..default() }, "max_open_sessions"),
            (UploadsConfig { max_open_bytes: 5, ..default() }, "max_open_bytes"),
            (UploadsConfig { max_open_bytes: u64::MAX, ..default() }, "max_open_bytes"),
            (UploadsConfig { token_life_s: 0, ..default() }, "token_life_s"),
            (UploadsConfig { token_life_s: u64::MAX, ..default() }, "token_life_s"),
            (UploadsConfig { idle_seconds: 0, ..default() }, "idle_seconds"),
            (UploadsConfig { idle_seconds: u64::MAX, ..default() }, "idle_seconds"),
        ] {
            assert!(wrong.check().unwrap_err().contains(setting), "{setting}");
        }
    }
}
