//! `/api/v1/schedules`: what makes jobs come again and again.

mod body;
pub(super) mod list;

pub use body::ScheduleBody;
