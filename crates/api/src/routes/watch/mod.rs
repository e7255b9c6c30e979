//! Videos for people who are not signed in: the watch page, the page for iframes, and what both read.

pub(super) mod embed;
mod head;
pub(super) mod oembed;
pub(super) mod page;
pub(super) mod poster;
pub(super) mod read;

use serde::Deserialize;
use utoipa::IntoParams;

/// What an address of a private video carries.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct WatchParams {
    /// A private video's, as its `links` have it.
    #[serde(default)]
    token: Option<String>,
}
