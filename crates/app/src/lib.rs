//! What the product does: opening and completing uploads, processing and deleting videos, granting access, and
//! addressing playback. The API and the command line are two faces of this crate.

pub mod access;
mod app;
pub mod captions;
mod digest;
pub mod doctor;
mod error;
pub mod events;
pub mod health;
pub mod jobs;
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
pub use jobs::ImportsConfig;
pub use scratch::ScratchSpace;
