//! The words of Telecine: ids, states, failure codes, limits and the clock.
//!
//! Every other crate speaks in these types. Nothing here does I/O.

pub mod access;
pub mod asset;
pub mod clock;
pub mod failure;
pub mod id;
pub mod job;
pub mod key;
pub mod limits;
pub mod owner;
pub mod upload;
pub mod video;

pub use access::{Scope, UnknownScope};
pub use asset::{CacheStatus, EpisodeStatus, ImageStatus};
pub use clock::{Clock, ManualClock, SystemClock};
pub use failure::{Failure, FailureCode};
pub use id::{BatchId, CacheAssetId, CaptionsId, EpisodeId, ImageId, MovieId, UploadId, VideoId, WorkerId};
pub use job::{JobState, UnknownJobState};
pub use owner::{ObjectOwner, UnknownOwner};
pub use upload::{UploadMode, UploadStatus};
pub use video::{VideoStatus, Visibility};
