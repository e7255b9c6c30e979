//! `/metrics`: what this process has done.

pub(crate) mod prometheus;
pub(crate) mod read;
