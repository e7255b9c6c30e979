//! Where the metadata lives.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

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
        let embedded = || {
            let file = data_dir.join("telecine.sqlite").display().to_string();
            let escaped = file.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
            format!("sqlite://{escaped}").into()
        };
        self.url.clone().unwrap_or_else(embedded)
    }

    /// Checks the kind of the address, so that a wrong one stops the start.
    ///
    /// # Errors
    /// A sentence for the person who wrote the setting; it never repeats the address, which may hold a password.
    pub fn check(&self) -> Result<(), String> {
        let Some(url) = &self.url else { return Ok(()) };
        let is_known = Url::parse(url.expose_secret())
            .is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql" | "sqlite"));
        if is_known {
            return Ok(());
        }
        Err("DATABASE_URL must be an address like postgresql://user:password@host:5432/name or sqlite:///file, with \
             special characters of the password percent-encoded; leave it out to use the embedded SQLite"
            .into())
    }
}
