//! Schedules as the API and the command line show them.

use serde::Serialize;
use serde_json::Value;
use telecine_db::schedules::Schedule;
use telecine_queue::{Rhythm, masked_json};
use utoipa::ToSchema;

use super::super::uploads::time;

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleBody {
    /// Its id.
    pub id: String,
    /// The queue of its jobs.
    pub queue: String,
    /// Their kind.
    pub name: String,
    /// A cron expression of five fields, or six with seconds first.
    pub cron: Option<String>,
    /// The time zone of `cron`; UTC when null.
    pub time_zone: Option<String>,
    /// Seconds between two jobs, when they do not come by the calendar.
    pub every_s: Option<f64>,
    /// When the next job comes.
    pub next_at: String,
    /// When the last one was due.
    pub last_at: Option<String>,
    /// The arguments of its jobs; secrets are masked.
    pub data: Value,
}

impl From<Schedule> for ScheduleBody {
    #[expect(clippy::cast_precision_loss, reason = "no interval is 285 000 years long")]
    fn from(schedule: Schedule) -> Self {
        let (cron, time_zone, every_s) = match schedule.rhythm {
            Rhythm::Cron { pattern, time_zone } => (Some(pattern), time_zone, None),
            Rhythm::Every(milliseconds) => (None, None, Some(milliseconds as f64 / 1000.0)),
        };
        Self {
            id: schedule.id,
            queue: schedule.queue,
            name: schedule.name,
            cron,
            time_zone,
            every_s,
            next_at: time(schedule.next_at),
            last_at: schedule.last_at.map(time),
            data: masked_json(&schedule.data),
        }
    }
}
