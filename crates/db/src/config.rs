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
        let url = url.expose_secret();
        let is_known = match url.strip_prefix("sqlite:") {
            Some(rest) => rest.strip_prefix("//").is_some_and(names_a_file),
            None => Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql")),
        };
        if is_known {
            return Ok(());
        }
        Err("DATABASE_URL must be an address like postgresql://user:password@host:5432/name or sqlite:///file, with \
             special characters of the password percent-encoded; leave it out to use the embedded SQLite"
            .into())
    }
}

/// Every connection to a database in memory has one of its own, and all go with the process.
fn names_a_file(sqlite: &str) -> bool {
    let (path, parameters) = sqlite.split_once('?').unwrap_or((sqlite, ""));
    !path.is_empty() && path != ":memory:" && !parameters.contains("mode=memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_address_must_name_a_file() {
        let check = |url: &str| DatabaseConfig { url: Some(url.to_owned().into()) }.check();
        for file in ["sqlite:///var/lib/telecine.sqlite", "sqlite://telecine.sqlite?mode=rwc"] {
            assert_eq!(check(file), Ok(()), "{file}");
        }
        for none in [
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://",
            "sqlite:",
            "sqlite://x?mode=memory",
            "sqlite:x",
        ] {
            assert!(check(none).is_err(), "{none}");
        }
        assert_eq!(check("postgresql://u:p@127.0.0.1/db"), Ok(()));
    }
}
