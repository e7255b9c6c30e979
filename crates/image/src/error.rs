//! Everything that can go wrong, and the failure code each becomes.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use telecine_model::FailureCode;

use crate::wish::BadWish;

/// Why a file is not taken. It is the file's own fault: another try gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Refusal {
    /// No bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// The first bytes are those of no image.
    #[error("not an image")]
    NotAnImage,
    /// An image of a kind that is not decoded here.
    #[error("{format} is not supported")]
    UnsupportedFormat {
        /// What it is, as people call it.
        format: String,
    },
    /// Beyond a limit, or more memory than the child may have.
    #[error("too large: {detail}")]
    TooLarge {
        /// The number and its limit.
        detail: String,
    },
    /// Damaged, cut off, or more than a decoder could bear.
    #[error("the image cannot be decoded: {detail}")]
    Corrupt {
        /// What was found.
        detail: String,
    },
    /// Given up after the time that one image may take.
    #[error("the image took too long to decode")]
    TimedOut,
}

impl Refusal {
    pub(crate) fn corrupt(detail: impl Into<String>) -> Self {
        Self::Corrupt { detail: detail.into() }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> FailureCode {
        match self {
            Self::EmptyFile => FailureCode::EmptyFile,
            Self::NotAnImage => FailureCode::NotAnImage,
            Self::UnsupportedFormat { .. } => FailureCode::UnsupportedFormat,
            Self::TooLarge { .. } => FailureCode::ImageTooLarge,
            Self::Corrupt { .. } => FailureCode::ImageCorrupt,
            Self::TimedOut => FailureCode::ImageTimeout,
        }
    }
}

/// Why there are no variants of a file.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file is not taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What was asked for makes no sense.
    #[error(transparent)]
    BadWish(#[from] BadWish),
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Input(#[source] io::Error),
    /// A result cannot be written.
    #[error("results cannot be written to {}", folder.display())]
    Output {
        /// Where they were to go.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of that name is there, and is not to be replaced.
    #[error("{} is there already", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// The child cannot be started, or was killed by somebody else.
    #[error("the image decoder cannot be used: {detail}")]
    Child {
        /// What happened.
        detail: String,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl ImageError {
    /// The code for people and clients; it also says whether another try can help.
    #[must_use]
    pub fn code(&self) -> FailureCode {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::BadWish(_) => FailureCode::InvalidPayload,
            Self::Input(_) => FailureCode::SourceMissing,
            Self::Output { .. } => FailureCode::ScratchSpace,
            Self::Exists { .. } => FailureCode::OutputExists,
            Self::Child { .. } => FailureCode::DecoderUnavailable,
            Self::Cancelled => FailureCode::Cancelled,
        }
    }
}
