//! What the product does: opening and completing uploads, processing and deleting videos, granting access, and
//! addressing playback. The API and the command line are two faces of this crate.

pub mod access;
mod app;
mod batches;
pub mod cache;
pub mod captions;
mod digest;
pub mod doctor;
mod error;
pub mod events;
mod fetch;
pub mod health;
pub mod images;
pub mod jobs;
pub mod movies;
pub mod playback;
pub mod reconcile;
mod scratch;
pub mod storage_events;
pub mod uploads;
pub mod verify;
pub mod videos;
pub mod watermarks;

pub use app::{App, DeliveryConfig};
pub use error::AppError;
pub use fetch::Hosts;
pub use jobs::ImportsConfig;
pub use scratch::ScratchSpace;

use telecine_db::DbError;

/// Up to `limit` (1 to `most`) of what `read` gives, and whether there is more.
async fn page_of<T>(
    limit: u64,
    most: u64,
    read: impl AsyncFnOnce(u64) -> Result<Vec<T>, DbError>,
) -> Result<(Vec<T>, bool), AppError> {
    if !(1..=most).contains(&limit) {
        return Err(AppError::invalid("invalid_limit", format!("limit must be 1 to {most}")));
    }
    // One more than asked for tells whether there is a next page.
    let mut found = read(limit + 1).await?;
    let has_more = found.len() as u64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok((found, has_more))
}
