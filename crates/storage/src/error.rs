//! What can go wrong with objects, as far as a caller can act on it.

use std::io;
use std::path::PathBuf;

/// A failed operation. Messages name the operation and the key, never an address or a secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("{operation} {key}: there is no such object")]
    NotFound {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
    },
    /// The object is not the one that was asked for: its ETag is another.
    #[error("{operation} {key}: the object has changed")]
    Changed {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
    },
    /// The multipart upload is no more: completed, aborted, expired, or never opened.
    /// Look for the object; if it is not there, open a new upload.
    #[error("{operation} {key}: the multipart upload is gone")]
    Gone {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
    },
    /// A listed part is missing or differs. Ask for the parts again.
    #[error("{operation} {key}: a part is missing or differs: {detail}")]
    InvalidPart {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
        /// What the storage said.
        detail: String,
    },
    /// A part other than the last is too small.
    #[error("{operation} {key}: a part is smaller than the storage takes")]
    TooSmall {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
    },
    /// The object is larger than the caller wants to hold in memory.
    #[error("{operation} {key}: the object has more than {max_bytes} bytes")]
    TooLarge {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
        /// The caller's limit.
        max_bytes: u64,
    },
    /// More objects than one answer may hold; list page by page.
    #[error("{operation} {prefix}: there are more than {limit} objects")]
    TooMany {
        /// What was tried.
        operation: &'static str,
        /// The prefix.
        prefix: String,
        /// The limit.
        limit: usize,
    },
    /// The storage refused the credentials or the right.
    #[error("{operation} {key}: the storage denied access ({code}); check the key pair and its rights")]
    Denied {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
        /// The storage's code.
        code: String,
    },
    /// The bucket does not exist.
    #[error("{operation} {key}: the bucket does not exist")]
    NoBucket {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
    },
    /// The storage cannot be reached or cannot answer now; trying later can help.
    #[error("{operation} {key}: the storage is unavailable: {detail}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
        /// What happened.
        detail: String,
    },
    /// The storage refused for another reason; trying again will not help.
    #[error("{operation} {key}: the storage refused with {status} {code}: {detail}")]
    Refused {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
        /// The HTTP status.
        status: u16,
        /// The storage's code.
        code: String,
        /// The storage's sentence.
        detail: String,
    },
    /// Some objects under a prefix could not be deleted; the others are gone.
    #[error(
        "delete everything under {prefix}: {deleted} objects are gone, {failed} are not, such as {example}"
    )]
    Incomplete {
        /// The prefix.
        prefix: String,
        /// Objects deleted.
        deleted: u64,
        /// Objects left.
        failed: u64,
        /// One that is left, and why.
        example: String,
    },
    /// A key that an address cannot carry: empty, longer than 1024 bytes, with a leading `/` or a `.` or `..` segment.
    #[error("{operation} {key:?}: not a usable object key")]
    InvalidKey {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
    },
    /// The bytes to be stored came to no good end; what was sent of them has been removed.
    #[error("{operation} {key}: the bytes broke off: {source}")]
    Source {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
        /// Why they ended.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The local file failed.
    #[error("{operation} {key}: the local file {} failed", path.display())]
    LocalFile {
        /// What was tried.
        operation: &'static str,
        /// The key.
        key: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the same call can succeed later without anyone changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
