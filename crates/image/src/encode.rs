//! From a finished picture to a file, each format in its own way.

pub(crate) mod jpeg;
pub(crate) mod webp;

/// The encoder gave up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the encoder failed: {0}")]
pub(crate) struct EncodeError(pub(crate) String);
