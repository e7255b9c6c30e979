//! `/api/v1/system` and `/api/v1/storage`: how this deployment does.

pub(super) mod read;
pub(super) mod storage;
