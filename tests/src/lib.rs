//! The testkit: what the tests of all rooms share.
#![expect(
    clippy::unwrap_used,
    reason = "a testkit that cannot go on should stop the test where it stands"
)]

pub mod raw_s3;
pub mod storage;
