//! `/api/v1/jobs`: one job, what became of it, and what people do about it. Ids are text and may come from other
//! programs; write `/` in them as `%2F`.

mod body;
pub(super) mod cancel;
pub(super) mod delete;
pub(super) mod logs;
pub(super) mod promote;
pub(super) mod read;
pub(super) mod retry;

pub use body::{AttemptBody, ChildBody, JobBody, JobFailureBody, JobSummary, LogLineBody};
