//! `/uppy/{token}/s3`: the contract of Uppy's Companion for uploads to S3, so that `@uppy/aws-s3` works as it is.
//!
//! Names and shapes are Companion's, and so are errors: `{"error": "…"}`. Uppy sends no headers of ours; an upload token
//! in the address lets it in.

pub(super) mod abort;
pub(super) mod batch;
pub(super) mod complete;
pub(super) mod create;
pub(super) mod error;
pub(super) mod params;
pub(super) mod part;
pub(super) mod parts;
mod session;
mod token;

use serde::Deserialize;

pub(crate) use error::UppyError;
pub(crate) use session::Session;
pub(crate) use token::UploadToken;

/// The key that every request about a session names.
#[derive(Debug, Deserialize)]
pub(crate) struct KeyParam {
    key: String,
}
