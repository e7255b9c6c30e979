//! The contract of object storage, over real HTTP: the same tests for the embedded endpoint and for a real server.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod bodies;
mod client;
mod conditions;
mod copies;
mod crash;
mod embedded;
mod forms;
mod full_disk;
mod keys;
mod lists;
mod memory;
mod multipart;
mod purge;
mod ranges;
mod remote;
mod retries;
mod signatures;
mod urls;
