//! `/api/v1/session`: a browser's signing in and out.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod read;
