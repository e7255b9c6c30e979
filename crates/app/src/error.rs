//! Why an action was refused or did not work.

use telecine_db::DbError;
use telecine_storage::StoreError;

/// An error of the product's actions.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such thing, or it has been deleted.
    #[error("there is no {what} with this id")]
    NotFound {
        /// `video` or `upload`.
        what: &'static str,
    },
    /// A playback link that leads nowhere: expired, altered, of a deleted video, or with an unknown name at its end.
    #[error("this link has expired or is wrong; ask for the video again to get a new one")]
    NoSuchLink,
    /// The request holds a value that cannot be accepted.
    #[error("{message}")]
    Invalid {
        /// A stable code.
        code: &'static str,
        /// Which input, why, and what to do.
        message: String,
    },
    /// The request does not fit the present state.
    #[error("{message}")]
    Conflict {
        /// A stable code.
        code: &'static str,
        /// What stands against it and what to do.
        message: String,
    },
    /// The upload rested for too long.
    #[error("the upload has expired, and what had arrived was removed; open a new one")]
    UploadExpired,
    /// The request would exceed what one token may have at a time.
    #[error("{message}")]
    Limited {
        /// A stable code.
        code: &'static str,
        /// Which limit, and what to do.
        message: String,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Object storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Object storage failed for a request that ours waited for; the log has the details.
    #[error("object storage is not available")]
    StorageUnavailable,
    /// A stored document cannot be read.
    #[error("the stored {document} is unreadable: {reason}")]
    Unreadable {
        /// Which document.
        document: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl AppError {
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { code, message: message.into() }
    }

    pub(crate) fn limited(code: &'static str, message: impl Into<String>) -> Self {
        Self::Limited { code, message: message.into() }
    }

    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }
}
