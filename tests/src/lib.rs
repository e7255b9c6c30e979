//! The testkit: real servers on loopback, started for one test and gone after it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on stops with a message"
)]

pub mod boxes;
pub mod child;
pub mod client;
pub mod clock;
pub mod cloudflare;
pub mod database;
pub mod editing_proxy;
pub mod form;
pub mod media;
pub mod origin;
pub mod postgres;
pub mod proxy;
pub mod raw_s3;
pub mod redis;
pub mod resume;
pub mod server;
pub mod storage;
