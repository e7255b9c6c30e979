//! `/metrics`: what this process has done.

pub(crate) mod prometheus;
mod queues;
pub(crate) mod read;
