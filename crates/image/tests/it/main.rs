//! From files to files, through real children.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on stops with a message"
)]

mod animation;
mod children;
mod collection;
mod color;
mod hostile;
mod jpeg;
mod kept;
mod limits;
mod metadata;
mod orientation;
mod pictures;
mod support;
mod truncation;
mod variants;
