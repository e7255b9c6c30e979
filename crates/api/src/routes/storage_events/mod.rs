//! `/api/v1/storage-events`.

pub(super) mod create;
