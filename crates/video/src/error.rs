//! Everything that can go wrong, and the failure code each becomes.

use std::io;

use telecine_model::FailureCode;
use telecine_process::{Ending, Outcome, SpawnError};

use crate::boxes::BoxError;
use crate::sink::SinkError;

/// Lines of a tool's output kept in an error.
const DETAIL_LINES: usize = 8;

/// Bytes of a tool's output kept in an error.
const DETAIL_BYTES: usize = 2000;

/// The exit code of ffmpeg after a signal that it caught, such as TERM at the shutdown of a machine.
const EXIT_BY_SIGNAL: i32 = 255;

/// Why a file did not become a package. Details are the last lines of the tool; a tool only ever sees names relative
/// to its own scratch directory, so none of them holds a path of the server.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// The file has no bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// No demuxer of the allow-list knows the bytes.
    #[error("not a media file: {detail}")]
    NotMedia {
        /// What ffprobe said.
        detail: String,
    },
    /// Media without a video or audio stream that can be decoded.
    #[error("no playable stream")]
    NoPlayableStream,
    /// The end of the file is missing.
    #[error("the file is cut off: {detail}")]
    Truncated {
        /// How that was seen.
        detail: String,
    },
    /// More pixels than allowed.
    #[error("too large: {detail}")]
    TooLarge {
        /// The number and its limit.
        detail: String,
    },
    /// More seconds than allowed.
    #[error("too long: {detail}")]
    TooLong {
        /// The number and its limit.
        detail: String,
    },
    /// More streams than allowed.
    #[error("too many streams: {detail}")]
    TooManyStreams {
        /// The number and its limit.
        detail: String,
    },
    /// The streams cannot be decoded.
    #[error("the file cannot be decoded: {detail}")]
    Corrupt {
        /// What ffmpeg said.
        detail: String,
    },
    /// The tool took longer than allowed.
    #[error("{tool} took too long: {detail}")]
    TimedOut {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// What it said last.
        detail: String,
    },
    /// The tool stood still.
    #[error("{tool} stood still: {detail}")]
    Stalled {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// What it said last.
        detail: String,
    },
    /// The tool was killed, or ran into a limit of memory or processor time.
    #[error("{tool} was ended ({ending}): {detail}")]
    Resources {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// By what.
        ending: String,
        /// What it said last.
        detail: String,
    },
    /// The tool cannot be started or lacks a part we need.
    #[error("{tool} cannot be used: {detail}")]
    ToolUnusable {
        /// `ffmpeg` or `ffprobe`.
        tool: &'static str,
        /// Why.
        detail: String,
    },
    /// The uploaded file cannot be read from the scratch disk, or results not written to it.
    #[error("scratch disk: {0}")]
    Scratch(#[source] io::Error),
    /// A result could not be handed on.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// What ffmpeg made does not agree with the plan.
    #[error("the output is not what was planned: {detail}")]
    OutputInvalid {
        /// The first disagreement.
        detail: String,
    },
    /// The image that is to be drawn cannot be read.
    #[error("the watermark cannot be read: {detail}")]
    BadWatermark {
        /// The decoder's last words.
        detail: String,
    },
    /// A watermark is wanted, and the settings name no image.
    #[error("a watermark is wanted, and none is set up")]
    NoWatermark,
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl VideoError {
    /// The code for people and clients; it also says whether another try can help.
    #[must_use]
    pub fn code(&self) -> FailureCode {
        match self {
            Self::EmptyFile => FailureCode::EmptyFile,
            Self::NotMedia { .. } => FailureCode::NotMedia,
            Self::NoPlayableStream => FailureCode::NoPlayableStream,
            Self::Truncated { .. } => FailureCode::VideoTruncated,
            Self::TooLarge { .. } => FailureCode::VideoTooLarge,
            Self::TooLong { .. } => FailureCode::VideoTooLong,
            Self::TooManyStreams { .. } => FailureCode::TooManyStreams,
            Self::Corrupt { .. } => FailureCode::VideoCorrupt,
            Self::TimedOut { .. } => FailureCode::VideoTimeout,
            Self::Stalled { .. } => FailureCode::VideoStalled,
            Self::Resources { .. } => FailureCode::VideoResources,
            Self::ToolUnusable { .. } => FailureCode::ToolMissing,
            Self::Scratch(_) => FailureCode::ScratchSpace,
            Self::Sink(_) => FailureCode::StorageUnavailable,
            Self::OutputInvalid { .. } => FailureCode::OutputInvalid,
            Self::BadWatermark { .. } => FailureCode::WatermarkInvalid,
            Self::NoWatermark => FailureCode::WatermarkMissing,
            Self::Cancelled => FailureCode::WorkerLost,
        }
    }

    /// What the tool said last, or which number was found where another was wanted; `None` when the code says it all.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        let detail = match self {
            Self::NotMedia { detail }
            | Self::Truncated { detail }
            | Self::TooLarge { detail }
            | Self::TooLong { detail }
            | Self::TooManyStreams { detail }
            | Self::Corrupt { detail }
            | Self::TimedOut { detail, .. }
            | Self::Stalled { detail, .. }
            | Self::Resources { detail, .. }
            | Self::BadWatermark { detail }
            | Self::ToolUnusable { detail, .. }
            | Self::OutputInvalid { detail } => detail.trim(),
            Self::EmptyFile
            | Self::NoPlayableStream
            | Self::Scratch(_)
            | Self::Sink(_)
            | Self::NoWatermark
            | Self::Cancelled => return None,
        };
        Some(detail).filter(|detail| !detail.is_empty())
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::OutputInvalid { detail: detail.into() }
    }

    pub(crate) fn not_started(tool: &'static str, error: &SpawnError) -> Self {
        match error {
            SpawnError::WorkingDirectory(source) => Self::Scratch(io::Error::from(source.kind())),
            SpawnError::NotFound { .. } => Self::ToolUnusable { tool, detail: "not installed".to_owned() },
            SpawnError::Refused { source, .. } => Self::ToolUnusable { tool, detail: source.to_string() },
        }
    }

    /// Why a run that did not end with exit code 0 failed; `None` when it did.
    pub(crate) fn from_outcome(tool: &'static str, outcome: &Outcome) -> Option<Self> {
        let detail = last_words(outcome);
        let killed = |ending: String, detail| Self::Resources { tool, ending, detail };
        match outcome.ending {
            Ending::Exited(0) => None,
            Ending::Exited(EXIT_BY_SIGNAL) => Some(killed("a signal it caught".to_owned(), detail)),
            Ending::Exited(_) => Some(Self::from_messages(tool, &outcome.stderr_tail, detail)),
            Ending::Signalled(signal) => Some(killed(format!("signal {signal}"), detail)),
            Ending::CpuLimit => Some(killed("limit of processor time".to_owned(), detail)),
            Ending::TimedOut => Some(Self::TimedOut { tool, detail }),
            Ending::Silent => Some(Self::Stalled { tool, detail }),
            Ending::Cancelled => Some(Self::Cancelled),
        }
    }

    /// An exit code says nothing, so the messages decide between a bad file and a bad machine.
    fn from_messages(tool: &'static str, messages: &str, detail: String) -> Self {
        const MEMORY: &[&str] = &["Cannot allocate memory", "malloc of size"];
        const DISK: &[&str] = &["No space left on device"];
        const BUILD: &[&str] = &[
            "Unknown encoder",
            "No such filter",
            "Unrecognized option",
            "Unable to find a suitable output format",
        ];
        const STOPPED: &[&str] = &["Immediate exit requested"];
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| messages.contains(phrase));
        if says(&["Number of streams exceeds"]) {
            return Self::TooManyStreams { detail };
        }
        // Reading a header takes little memory: a file that asks for more than there is lies about itself.
        if says(MEMORY) && tool == "ffprobe" {
            return Self::Corrupt { detail };
        }
        if says(MEMORY) {
            return Self::Resources { tool, ending: "out of memory".to_owned(), detail };
        }
        if says(STOPPED) {
            return Self::Resources { tool, ending: "a signal it caught".to_owned(), detail };
        }
        if says(DISK) {
            return Self::Scratch(io::ErrorKind::StorageFull.into());
        }
        if says(BUILD) {
            return Self::ToolUnusable { tool, detail };
        }
        Self::Corrupt { detail }
    }
}

impl From<BoxError> for VideoError {
    fn from(error: BoxError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// The last lines of a tool, in few enough bytes for a database row.
pub(crate) fn last_words(outcome: &Outcome) -> String {
    let lines = outcome.last_lines(DETAIL_LINES);
    let excess = lines.len().saturating_sub(DETAIL_BYTES);
    let start = (excess..).find(|at| lines.is_char_boundary(*at)).unwrap_or(0);
    lines[start..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(ending: Ending, stderr: &str) -> Option<FailureCode> {
        let outcome =
            Outcome { ending, stdout: Vec::new(), is_stdout_cut: false, stderr_tail: stderr.to_owned() };
        VideoError::from_outcome("ffmpeg", &outcome).map(|error| error.code())
    }

    #[test]
    fn every_ending_of_a_tool_has_its_code() {
        assert_eq!(ended(Ending::Exited(0), "whatever"), None);
        assert_eq!(ended(Ending::Exited(1), "Invalid data found"), Some(FailureCode::VideoCorrupt));
        assert_eq!(ended(Ending::Exited(1), "x: Cannot allocate memory"), Some(FailureCode::VideoResources));
        assert_eq!(ended(Ending::Exited(1), "No space left on device"), Some(FailureCode::ScratchSpace));
        assert_eq!(ended(Ending::Exited(1), "Unknown encoder 'libx264'"), Some(FailureCode::ToolMissing));
        assert_eq!(ended(Ending::Exited(255), ""), Some(FailureCode::VideoResources));
        assert_eq!(ended(Ending::Signalled(9), ""), Some(FailureCode::VideoResources));
        assert_eq!(ended(Ending::CpuLimit, ""), Some(FailureCode::VideoResources));
        assert_eq!(ended(Ending::TimedOut, ""), Some(FailureCode::VideoTimeout));
        assert_eq!(ended(Ending::Silent, ""), Some(FailureCode::VideoStalled));
        assert_eq!(ended(Ending::Cancelled, ""), Some(FailureCode::WorkerLost));
    }

    #[test]
    fn long_messages_keep_their_end() {
        let stderr_tail = format!("{}ü end", "ä".repeat(5000));
        let outcome =
            Outcome { ending: Ending::Exited(1), stdout: Vec::new(), is_stdout_cut: false, stderr_tail };
        let words = last_words(&outcome);
        assert!(words.len() <= DETAIL_BYTES && words.ends_with("ü end"));
    }
}
