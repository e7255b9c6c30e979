//! Schedules: jobs that come again and again, by the calendar or every so often.
//!
//! A schedule is a row. Whichever process finds it due moves it on and adds its job in one transaction, so a run is
//! never lost and never doubled. A run that was missed because nothing was running comes once, not once for each miss;
//! and while the last job of a schedule has not ended, no further one is added.

use std::str::FromStr as _;

use croner::Cron;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use telecine_db::jobs::{self, Backoff, BackoffKind, NewJob};
use telecine_db::schedules::{self, Rhythm, Schedule};
use telecine_db::{DbError, Tx};
use telecine_model::Clock;

use crate::add::row;
use crate::job::{Context, Job};

/// Why a schedule was refused.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The expression cannot be read, or never comes.
    #[error("the cron expression {pattern:?} cannot be used: {reason}")]
    Pattern {
        /// The expression.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// Nobody knows the time zone.
    #[error("{0:?} is not a time zone; write an IANA name such as Europe/Berlin")]
    TimeZone(String),
    /// Less than a second.
    #[error("a schedule comes every second at most, not every {0} ms")]
    TooOften(i64),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The shortest interval.
const MIN_EVERY_MS: i64 = 1000;

/// What the jobs of a schedule have beside their data.
#[derive(Debug, Serialize, Deserialize)]
struct JobOptions {
    subject: Option<String>,
    priority: i32,
    max_attempts: i32,
    backoff_ms: i64,
    is_fixed: bool,
    jitter: f64,
}

/// Makes the job come by the rhythm. A schedule with this id is replaced; it keeps its next time unless the rhythm
/// changes. One that comes every so often comes at once for the first time.
///
/// # Errors
/// [`ScheduleError`].
pub async fn schedule<C: Context, J: Job<C>>(
    tx: &Tx,
    clock: &dyn Clock,
    id: &str,
    rhythm: Rhythm,
    job: &J,
) -> Result<(), ScheduleError> {
    schedule_row(tx, clock, id, rhythm, row(clock, job)?).await
}

/// The same for the row of a job; its id and parent mean nothing.
///
/// # Errors
/// [`ScheduleError`].
pub async fn schedule_row(
    tx: &Tx,
    clock: &dyn Clock,
    id: &str,
    rhythm: Rhythm,
    job: NewJob,
) -> Result<(), ScheduleError> {
    let now = clock.now();
    let next_at = match &rhythm {
        Rhythm::Every(every) if *every < MIN_EVERY_MS => return Err(ScheduleError::TooOften(*every)),
        Rhythm::Every(_) => now.as_millisecond(),
        Rhythm::Cron { .. } => next_after(&rhythm, now.as_millisecond(), now)?,
    };
    let options = JobOptions {
        subject: job.subject,
        priority: job.priority,
        max_attempts: job.max_attempts,
        backoff_ms: job.backoff.base_ms,
        is_fixed: job.backoff.kind == BackoffKind::Fixed,
        jitter: job.backoff.jitter,
    };
    let schedule = Schedule {
        id: id.to_owned(),
        queue: job.queue,
        name: job.name,
        data: job.data,
        rhythm,
        options: serde_json::to_string(&options).unwrap_or_default(),
        next_at,
        last_at: None,
    };
    Ok(schedules::upsert(tx, &schedule, now.as_millisecond()).await?)
}

/// Adds the jobs of the schedules that are due. Returns how many.
///
/// # Errors
/// [`DbError`].
pub(crate) async fn fire_due(tx: &Tx, clock: &dyn Clock) -> Result<usize, DbError> {
    let now = clock.now();
    let mut added = 0;
    for due in schedules::due(tx.conn(), now.as_millisecond()).await? {
        let next = match next_after(&due.rhythm, due.next_at, now) {
            Ok(next) => next,
            Err(error) => {
                // Only another release's row can be like this: it is looked at again in an hour.
                tracing::warn!(schedule.id = %due.id, %error, "the schedule cannot be followed");
                now.as_millisecond() + 3_600_000
            }
        };
        let is_busy = is_still_busy(tx, &due).await?;
        let last = if is_busy { due.last_at } else { Some(due.next_at) };
        if !schedules::advance(tx, &due.id, due.next_at, next, last).await? {
            continue;
        }
        if is_busy {
            tracing::warn!(schedule.id = %due.id, "the schedule's last job has not ended; this run is left out");
            continue;
        }
        added += usize::from(jobs::insert(tx, &job_of(&due), now.as_millisecond()).await?);
    }
    Ok(added)
}

/// The next time after `now` in milliseconds since 1970; for intervals, in step with `last`.
fn next_after(rhythm: &Rhythm, last: i64, now: Timestamp) -> Result<i64, ScheduleError> {
    let (pattern, time_zone) = match rhythm {
        Rhythm::Every(every) => {
            let every = (*every).max(MIN_EVERY_MS);
            let missed = (now.as_millisecond() - last).max(0) / every;
            return Ok(last + (missed + 1) * every);
        }
        Rhythm::Cron { pattern, time_zone } => (pattern, time_zone),
    };
    let refused = |reason: String| ScheduleError::Pattern { pattern: pattern.clone(), reason };
    let time_zone = match time_zone {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name).map_err(|_| ScheduleError::TimeZone(name.clone()))?,
    };
    let cron = Cron::from_str(pattern).map_err(|error| refused(error.to_string()))?;
    let next = cron.find_next_occurrence(&now.to_zoned(time_zone), false);
    Ok(next.map_err(|error| refused(error.to_string()))?.timestamp().as_millisecond())
}

/// Whether the job that the schedule added last has not ended.
async fn is_still_busy(tx: &Tx, schedule: &Schedule) -> Result<bool, DbError> {
    let Some(last_at) = schedule.last_at else { return Ok(false) };
    let last = jobs::find(tx.conn(), &id_of(schedule, last_at)).await?;
    Ok(last.is_some_and(|job| !job.state.is_finished()))
}

fn job_of(schedule: &Schedule) -> NewJob {
    let id = id_of(schedule, schedule.next_at);
    let plain = NewJob::new(&id, &schedule.queue, &schedule.name, &schedule.data);
    let Ok(options) = serde_json::from_str::<JobOptions>(&schedule.options) else { return plain };
    let kind = if options.is_fixed { BackoffKind::Fixed } else { BackoffKind::Exponential };
    NewJob {
        subject: options.subject,
        priority: options.priority,
        max_attempts: options.max_attempts,
        backoff: Backoff { base_ms: options.backoff_ms, kind, jitter: options.jitter },
        ..plain
    }
}

/// The same for every process, so that one run is one job.
fn id_of(schedule: &Schedule, at: i64) -> String {
    format!("schedule-{}-{at}", schedule.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn next(pattern: &str, time_zone: Option<&str>, now: &str) -> Timestamp {
        let rhythm = Rhythm::Cron { pattern: pattern.into(), time_zone: time_zone.map(Into::into) };
        Timestamp::from_millisecond(next_after(&rhythm, 0, at(now)).unwrap()).unwrap()
    }

    #[test]
    fn a_cron_expression_follows_its_time_zone_through_the_change_to_summer_time() {
        assert_eq!(next("0 2 * * *", None, "2026-11-20T02:00:00Z"), at("2026-11-21T02:00:00Z"));
        let berlin = Some("Europe/Berlin");
        assert_eq!(next("0 3 * * *", berlin, "2026-03-28T03:00:00Z"), at("2026-03-29T01:00:00Z"));
        assert_eq!(next("0 3 * * *", berlin, "2026-03-29T01:00:00Z"), at("2026-03-30T01:00:00Z"));
        assert_eq!(next("0 */6 * * *", None, "2026-11-20T23:59:59Z"), at("2026-11-21T00:00:00Z"));
    }

    #[test]
    fn an_interval_keeps_its_step_whatever_was_missed() {
        let every = Rhythm::Every(60_000);
        let now = Timestamp::from_millisecond(1_000_000).unwrap();
        assert_eq!(next_after(&every, 1_000_000, now).unwrap(), 1_060_000);
        assert_eq!(next_after(&every, 400_500, now).unwrap(), 1_000_500);
    }

    #[test]
    fn what_never_comes_is_refused() {
        let refused = |pattern: &str, zone: Option<&str>| {
            let rhythm = Rhythm::Cron { pattern: pattern.into(), time_zone: zone.map(Into::into) };
            next_after(&rhythm, 0, at("2026-11-20T00:00:00Z")).unwrap_err().to_string()
        };
        assert!(refused("often", None).contains("\"often\""));
        assert!(refused("0 0 30 2 *", None).contains("30 2"));
        assert!(refused("0 0 * * *", Some("Middle/Earth")).contains("Middle/Earth"));
    }
}
