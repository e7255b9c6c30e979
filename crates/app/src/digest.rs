//! SHA-256 of what has arrived, computed beside the runtime.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

/// Bytes read from the disk at a time.
const READ_BYTES: usize = 1024 * 1024;

/// Hex digest of a file; ends early when `cancel` fires.
pub(crate) async fn sha256_of_file(path: &Path, cancel: &CancellationToken) -> io::Result<String> {
    let (path, cancel) = (path.to_owned(), cancel.clone());
    let digest = tokio::task::spawn_blocking(move || {
        let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(hex::encode(hasher.finalize()));
            }
            if cancel.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            hasher.update(&buffer[..read]);
        }
    });
    digest.await.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()))
}
