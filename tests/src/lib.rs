//! The testkit: real servers on loopback, started for one test and gone after it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on stops with a message"
)]

pub mod boxes;
pub mod ceph;
pub mod child;
pub mod client;
pub mod clock;
pub mod cloudflare;
pub mod database;
pub mod editing_proxy;
pub mod events;
pub mod form;
pub mod media;
pub mod node;
pub mod origin;
pub mod postgres;
pub mod proxy;
pub mod raw_s3;
pub mod redis;
pub mod resume;
pub mod server;
pub mod sns;
pub mod storage;

/// Whether a missing program is a failure: CI installs them all.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where they run")]
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "0" && value != "false")
}
