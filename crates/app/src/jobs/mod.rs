//! The kinds of job. Each is one file; adding one is that file and its line in [`registry`].

mod check_upload;
mod delete_outputs;
mod delete_video;
mod expire_upload;
mod failed;
mod process_video;
mod purge_cdn;

pub use check_upload::CheckUpload;
pub use delete_outputs::DeleteOutputs;
pub use delete_video::DeleteVideo;
pub use expire_upload::ExpireUpload;
pub use process_video::{ImportsConfig, ProcessVideo};
pub use purge_cdn::PurgeCdn;

use telecine_queue::Registry;

use crate::App;

/// Every kind of job that this program runs.
#[must_use]
pub fn registry() -> Registry<App> {
    Registry::default()
        .with::<ProcessVideo>()
        .with::<DeleteVideo>()
        .with::<DeleteOutputs>()
        .with::<ExpireUpload>()
        .with::<CheckUpload>()
        .with::<PurgeCdn>()
}
