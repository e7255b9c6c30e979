//! Disk errors as S3 answers, and the way onto a blocking thread.

use std::io;
use std::sync::Arc;

use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use tracing::error;

use super::store::Store;

/// Runs `work` on a blocking thread. It runs to its end even when the client has gone, and the server waits for it
/// before it gives up the folder: commits are never cut short.
pub(super) async fn blocking<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Arc<Store>) -> S3Result<T> + Send + 'static,
) -> S3Result<T> {
    let owned = Arc::clone(store);
    let done = store.running.spawn_blocking(move || work(&owned)).await;
    done.unwrap_or_else(|panic| Err(S3Error::internal_error(panic)))
}

/// The answer to a disk error. The details go to the log, not to the client.
#[expect(clippy::needless_pass_by_value, reason = "it is the function of map_err")]
pub(super) fn disk(failure: io::Error) -> S3Error {
    match failure.kind() {
        io::ErrorKind::InvalidFilename => s3_error!(KeyTooLongError, "the key is too long for this store"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            error!(%failure, "the store's disk is full");
            no_space()
        }
        _ => {
            error!(%failure, "reading or writing the store failed");
            s3_error!(InternalError, "the store could not read or write its disk")
        }
    }
}

/// The answer when the disk, or the part of it that may be used, is full.
pub(super) fn no_space() -> S3Error {
    let code = S3ErrorCode::Custom("InsufficientStorage".into());
    let mut answer =
        S3Error::with_message(code, "the disk of the store is full; delete objects or add space");
    answer.set_status_code(http::StatusCode::INSUFFICIENT_STORAGE);
    answer
}

/// The answer for an upload that was never opened, is completed, or was aborted.
pub(super) fn no_such_upload() -> S3Error {
    s3_error!(NoSuchUpload, "the upload does not exist: it was never opened, or it was completed or aborted")
}
