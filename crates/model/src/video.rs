//! The states of a video and the ways between them.

use std::fmt;
use std::str::FromStr;

/// Where a video is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoStatus {
    /// The upload is open; no byte is known to have arrived.
    PendingUpload,
    /// The source has arrived and a job works on it.
    Processing,
    /// Everything is published and verified.
    Ready,
    /// Processing ended without a result; the failure says why.
    Failed,
}

/// Who may watch a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Visibility {
    /// People who may use this server, and whoever they give an address to.
    #[default]
    Private,
    /// Everybody who knows its id, as on pages that embed it; no list names it.
    Unlisted,
    /// Everybody.
    Public,
}

/// A stored visibility that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown visibility: {0}")]
pub struct UnknownVisibility(pub String);

impl Visibility {
    /// Every visibility, from the narrowest to the widest.
    pub const ALL: [Self; 3] = [Self::Private, Self::Unlisted, Self::Public];

    /// The name in rows and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Unlisted => "unlisted",
            Self::Public => "public",
        }
    }
}

impl FromStr for Visibility {
    type Err = UnknownVisibility;

    fn from_str(text: &str) -> Result<Self, UnknownVisibility> {
        let known = Self::ALL.into_iter().find(|visibility| visibility.as_str() == text);
        known.ok_or_else(|| UnknownVisibility(text.to_owned()))
    }
}

/// A stored status that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown status: {0}")]
pub struct UnknownStatus(pub String);

impl VideoStatus {
    /// Every status, in the order of a video's life.
    pub const ALL: [Self; 4] = [Self::PendingUpload, Self::Processing, Self::Ready, Self::Failed];

    /// The name in rows, JSON and addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingUpload => "pending_upload",
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for VideoStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for VideoStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}
