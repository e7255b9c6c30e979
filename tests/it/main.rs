//! Every integration test, in one binary: the story of the product, driven from outside.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that cannot go on stops with a message")]

mod db;
mod queue;
mod storage;
