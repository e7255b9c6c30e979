//! The contract of object storage, over real HTTP: the same tests for the embedded endpoint and for a real server.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod bodies;
mod ceph;
mod chaos;
mod client;
mod conditions;
mod contract;
mod copies;
mod crash;
mod embedded;
mod forms;
mod full_disk;
mod keys;
mod lists;
mod memory;
mod multipart;
mod programs;
mod purge;
mod ranges;
mod remote;
mod retries;
mod signatures;
mod upkeep;
mod urls;
