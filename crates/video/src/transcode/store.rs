//! Handing one object to the sink and keeping what the package says about it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::error::VideoError;
use crate::package::StoredObject;
use crate::sink::{OutputObject, Sink};

const READ_BYTES: usize = 256 * 1024;

/// Stores bytes.
pub(super) async fn put(
    sink: &dyn Sink,
    name: String,
    content_type: &'static str,
    bytes: Bytes,
) -> Result<StoredObject, VideoError> {
    let sha256 = sha256(bytes.clone()).await?;
    let stored = StoredObject { url: name.clone(), bytes: bytes.len() as u64, sha256 };
    sink.put(OutputObject { name, content_type, bytes }, &stored.sha256).await?;
    Ok(stored)
}

/// In lowercase hexadecimal.
pub(super) async fn sha256(bytes: Bytes) -> Result<String, VideoError> {
    on_blocking_thread(move || Ok(hex::encode(Sha256::digest(&bytes)))).await
}

/// Stores a file of the scratch directory under its own name.
pub(super) async fn put_file(
    sink: &dyn Sink,
    dir: &Path,
    name: String,
    content_type: &'static str,
) -> Result<StoredObject, VideoError> {
    let path = dir.join(&name);
    let (bytes, sha256) = on_blocking_thread({
        let path = path.clone();
        move || digest_file(path)
    })
    .await?;
    let stored = StoredObject { url: name, bytes, sha256 };
    sink.put_file(&stored, content_type, &path).await?;
    Ok(stored)
}

fn digest_file(path: PathBuf) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hasher, mut size, mut chunk) = (Sha256::new(), 0, vec![0; READ_BYTES]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((size, hex::encode(hasher.finalize()))),
            read => {
                hasher.update(&chunk[..read]);
                size += read as u64;
            }
        }
    }
}

/// Runs work on the disk or much arithmetic beside the runtime.
pub(super) async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, VideoError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(VideoError::Scratch)
}
