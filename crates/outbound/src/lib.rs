//! Requests to other people's servers: the one door through which this program reaches an address that somebody typed in.
//!
//! A name is resolved here, private addresses are refused, and the connection goes to exactly the address that was
//! checked; every redirect goes through the same check. Bytes, time and redirects have limits. Addresses that stand in
//! the settings are the operator's own and may be anywhere.

mod address;
mod body;
mod client;
mod config;
mod error;
mod resolve;
mod resume;
mod retry_after;
mod service;

pub use body::Fetched;
pub use client::{Conditions, Fetch, Limits, Outbound};
pub use config::OutboundConfig;
pub use error::OutboundError;
pub use resolve::{Lookup, Names};
pub use service::ServiceAnswer;
