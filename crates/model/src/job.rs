//! Where a job stands. The names are BullMQ's, and a promise: they are stored and shown.

use std::fmt;
use std::str::FromStr;

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// Ready to be taken.
    Waiting,
    /// Not before a certain time: added for later, or between two attempts.
    Delayed,
    /// A worker has it.
    Active,
    /// Its children have not ended yet.
    WaitingChildren,
    /// Ended well.
    Completed,
    /// Ended badly: a dead letter, kept so that people can look at it and try it again.
    Failed,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Delayed, Self::Active, Self::WaitingChildren, Self::Completed, Self::Failed];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delayed => "delayed",
            Self::Active => "active",
            Self::WaitingChildren => "waiting-children",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Whether the job has ended.
    #[must_use]
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a state of jobs; there are waiting, delayed, active, waiting-children, completed and failed"
)]
pub struct UnknownJobState(String);

impl FromStr for JobState {
    type Err = UnknownJobState;

    fn from_str(text: &str) -> Result<Self, UnknownJobState> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| UnknownJobState(text.to_owned()))
    }
}

impl PartialEq<str> for JobState {
    fn eq(&self, name: &str) -> bool {
        self.as_str() == name
    }
}

impl PartialEq<&str> for JobState {
    fn eq(&self, name: &&str) -> bool {
        self.as_str() == *name
    }
}
