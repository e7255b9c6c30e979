//! The key pair of the store: made at the first start, kept beside the data, readable by the owner only.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::durable::{TempFile, sync_dir};
use super::record;

const FILE: &str = ".credentials.json";

/// Random bytes of the secret: 240 bits, 40 characters.
const SECRET_BYTES: usize = 30;

/// The key pair that signs requests to the embedded endpoint.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Names the key; appears in signed addresses.
    pub access_key_id: String,
    /// Signs; never leaves the server.
    pub secret_access_key: SecretString,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    access_key_id: String,
    secret_access_key: String,
}

impl Credentials {
    /// The key pair of the store in `root`, for a process that talks to the server of that store; `None` when there is none
    /// yet.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of_store(root: &Path) -> io::Result<Option<Self>> {
        let stored = record::read::<Stored>(&root.join(FILE))?;
        Ok(stored.map(|stored| Self {
            access_key_id: stored.access_key_id,
            secret_access_key: stored.secret_access_key.into(),
        }))
    }
}

/// The credentials of the store in `root`, made and saved when there are none.
pub(super) fn load_or_create(root: &Path) -> io::Result<Credentials> {
    if let Some(stored) = Credentials::of_store(root)? {
        return Ok(stored);
    }
    let made = generate()?;
    save(root, &root.join(FILE), &made)?;
    Ok(made)
}

fn generate() -> io::Result<Credentials> {
    let mut random = [0; SECRET_BYTES + 8];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let (secret, name) = random.split_at(SECRET_BYTES);
    Ok(Credentials {
        access_key_id: format!("TC{}", hex::encode_upper(name)),
        secret_access_key: BASE64.encode(secret).into(),
    })
}

fn save(root: &Path, path: &Path, made: &Credentials) -> io::Result<()> {
    let stored = Stored {
        access_key_id: made.access_key_id.clone(),
        secret_access_key: made.secret_access_key.expose_secret().to_owned(),
    };
    let unfinished = root.join(".credentials.new");
    let _ = std::fs::remove_file(&unfinished);
    let temp = TempFile::at(unfinished);
    let mut file = temp.create()?;
    make_private(&file)?;
    file.write_all(&record::to_bytes(&stored)?)?;
    file.sync_all()?;
    temp.rename_to(path)?;
    sync_dir(root)
}

/// Mode 0600, before the secret is in the file.
#[cfg(unix)]
fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_private_key_pair_is_found_again() {
        let root = tempfile::tempdir().unwrap();
        let made = load_or_create(root.path()).unwrap();
        let found = load_or_create(root.path()).unwrap();
        assert_eq!(found.access_key_id, made.access_key_id);
        assert_eq!(found.secret_access_key.expose_secret(), made.secret_access_key.expose_secret());
        assert_eq!(made.secret_access_key.expose_secret().len(), 40);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(root.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn two_stores_have_different_secrets_and_no_secret_is_shown() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one.secret_access_key.expose_secret(), two.secret_access_key.expose_secret());
        assert!(!format!("{one:?}").contains(one.secret_access_key.expose_secret()));
    }
}
