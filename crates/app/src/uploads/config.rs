//! How long an upload may rest.

use std::time::Duration;

use serde::Deserialize;
use telecine_model::limits::{PRESIGNED_URL_LIFE, UPLOAD_IDLE_LIFE};

/// The longest that an upload may rest: storage drops unfinished parts after some days.
const MAX_IDLE_SECONDS: u64 = 7 * 24 * 3600;

/// `[uploads]` in telecine.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UploadConfig {
    /// Seconds without activity after which an upload expires and what has arrived is removed.
    pub idle_seconds: u64,
}

impl Default for UploadConfig {
    fn default() -> Self {
        Self { idle_seconds: UPLOAD_IDLE_LIFE.as_secs() }
    }
}

impl UploadConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        if (1..=MAX_IDLE_SECONDS).contains(&self.idle_seconds) {
            return Ok(());
        }
        Err(format!("uploads.idle_seconds must be 1 to {MAX_IDLE_SECONDS}, which is a week"))
    }

    /// How long an upload may rest.
    #[must_use]
    pub(crate) fn idle_life(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    /// How long the addresses of an upload live: an hour, but never longer than the upload without activity.
    #[must_use]
    pub(crate) fn address_life(&self) -> Duration {
        self.idle_life().min(PRESIGNED_URL_LIFE)
    }
}
