//! Where the metadata lives.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// `[database]` in telecine.toml.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgresql://user:password@host:5432/name` or `sqlite:///absolute/file`. Absent: a file in the data folder.
    pub url: Option<SecretString>,
}

impl DatabaseConfig {
    /// The address to connect to; without a setting, `telecine.sqlite` in the data folder.
    #[must_use]
    pub fn effective_url(&self, data_dir: &Path) -> SecretString {
        self.url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", data_dir.join("telecine.sqlite").display()).into())
    }

    /// Checks the kind of the address, so that a wrong one stops the start.
    ///
    /// # Errors
    /// A sentence for the person who wrote the setting; it never repeats the address, which may hold a password.
    pub fn check(&self) -> Result<(), String> {
        let Some(url) = &self.url else { return Ok(()) };
        let url = url.expose_secret();
        if ["postgres://", "postgresql://", "sqlite://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Ok(());
        }
        Err("DATABASE_URL must start with postgresql:// or sqlite://; leave it out to use the embedded SQLite".into())
    }
}
