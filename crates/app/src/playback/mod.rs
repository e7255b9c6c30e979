//! Where a video plays. With a CDN the addresses are public and name the CDN. Without one, the API serves playlists in
//! which every media address is presigned: media bytes go from storage to the viewer, never through the API.

mod addresses;
mod documents;
mod growing;
mod outputs;
mod sharing;

pub use addresses::{Playback, playback};
pub(crate) use documents::published_package;
pub use documents::{Document, ManifestCache, document, manifest_cache};
pub(crate) use growing::{recorded, recorded_between};
pub use outputs::Outputs;
pub use sharing::{Links, links, links_with, watchable};
