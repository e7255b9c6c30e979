//! Object storage.
//!
//! [`embedded`] is an S3 endpoint over a folder, for when no storage is configured.

pub mod embedded;
