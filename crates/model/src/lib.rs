//! The words of Telecine: ids, states, failure codes, limits and the clock.
//!
//! Every other crate speaks in these types. Nothing here does I/O.

pub mod access;
pub mod clock;
pub mod failure;
pub mod id;
pub mod job;
pub mod key;
pub mod limits;
pub mod upload;
pub mod video;

pub use access::{Scope, UnknownScope};
pub use clock::{Clock, ManualClock, SystemClock};
pub use failure::{Failure, FailureCode};
pub use id::{CaptionsId, UploadId, VideoId, WorkerId};
pub use job::{JobState, UnknownJobState};
pub use upload::{UploadMode, UploadStatus};
pub use video::{VideoStatus, Visibility};
