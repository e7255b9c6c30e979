//! Object storage: where every byte of media lies.
//!
//! [`ObjectStore`] is the one S3 client: it reads and writes objects for jobs and signs addresses for browsers, against
//! AWS S3, R2, MinIO, Ceph or Garage. [`embedded`] is an S3 endpoint over a folder for when none is configured, so that
//! both sizes of Telecine run the same lines.

mod client;
mod config;
pub mod embedded;
mod error;
mod policy_signature;
pub mod purge;
pub mod remote;
pub mod urls;

pub use client::{ListPage, ObjectInfo, ObjectStore, OpenUpload, Part, PresignedForm, PresignedRequest};
pub use config::{ConfigError, EmbeddedConfig, StorageConfig};
pub use error::StoreError;
pub use urls::Urls;
