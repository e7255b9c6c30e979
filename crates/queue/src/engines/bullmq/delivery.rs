//! A job as Redis has handed it to a worker.

use bullmq::Job;
use bullmq::keys::QueueKeys;
use bullmq::redis_connection::RedisConnection;
use telecine_db::jobs::{Adoption, Job as Row};
use telecine_model::JobState;

use super::options::Options;
use super::relay::RESTORED;

/// Larger data are refused: a job carries ids, and every look at it would move all of them.
const MAX_DATA_BYTES: usize = 1_000_000;
/// The fields of a job's hash that the library loses or cannot tell.
const READ_AGAIN: [&str; 3] = ["opts", "data", "stc"];

/// A job that is to be run.
#[derive(Debug)]
pub(super) struct Delivery {
    /// Its id in Redis.
    pub(super) id: String,
    /// Its queue.
    pub(super) queue: String,
    /// Its kind.
    name: String,
    /// Arguments as JSON, or the sentence that refuses them.
    pub(super) data: Result<String, String>,
    /// How it wants to be run.
    options: Options,
    /// Runs that have failed.
    attempts_made: i32,
    /// How often a worker disappeared while it held the job.
    pub(super) stalled: i32,
    /// How often it was started, this time included.
    started: u32,
    created_at: i64,
    /// Whether a row of ours was once handed over under this id.
    pub(super) was_ours: bool,
}

impl Delivery {
    /// Reads what was handed out. What the library may have lost is read once more from Redis.
    pub(super) async fn read(
        job: &Job,
        keys: &QueueKeys,
        relayed_key: &str,
        connection: &RedisConnection,
    ) -> Result<Self, bullmq::Error> {
        let again = async {
            if is_whole(job) { Ok([None, None, None]) } else { read_again(job, keys, connection).await }
        };
        let was_relayed = async {
            if is_counted(job.id()) {
                return Ok(false);
            }
            let mut command = redis::cmd("ZSCORE");
            command.arg(relayed_key).arg(job.id());
            Ok::<_, bullmq::Error>(connection.cmd::<Option<f64>>(&mut command).await?.is_some())
        };
        let ([options, data, stalled], was_ours) = tokio::try_join!(again, was_relayed)?;
        let options = match &options {
            Some(stored) => Options::read(stored),
            None => options_of(job),
        };
        Ok(Self {
            id: job.id().to_owned(),
            queue: keys.name().to_owned(),
            name: job.name().to_owned(),
            data: checked_data(job, data),
            options,
            attempts_made: i32::try_from(job.attempts_made()).unwrap_or(i32::MAX),
            stalled: stalled.and_then(|count| count.parse().ok()).unwrap_or(0),
            started: job.attempts_started(),
            created_at: i64::try_from(job.timestamp()).unwrap_or(0),
            was_ours,
        })
    }

    /// The id of its row when it is one of ours, and when another program has added it: the usual one, and the one that it
    /// gets when that is another job's.
    pub(super) fn row_ids(&self) -> [String; 3] {
        [self.id.clone(), self.foreign_row_id(), self.second_row_id()]
    }

    /// Whether the row of a foreign job is this job's: programs use ids again, and a wiped Redis counts from 1.
    pub(super) fn is_job_of(&self, row: &Row) -> bool {
        self.id.starts_with(RESTORED) || self.created_at == row.created_at
    }

    pub(super) fn second_row_id(&self) -> String {
        format!("{}@{}", self.foreign_row_id(), self.created_at)
    }

    /// Whether Redis has handed out a job that has ended without knowing that it has: a second copy, because the first one
    /// was wiped or on its way when this one was put back; or an old one, because Redis has lost its last second. A job that
    /// somebody retries has been through one more attempt, since a completed run counts as one; and another program may give
    /// a new job the id of an old one.
    pub(super) fn is_copy_of(&self, row: &Row) -> bool {
        let knows_less = match row.state {
            JobState::Completed => self.attempts_made <= row.attempts_made,
            _ => self.started <= 1 || self.attempts_made == 0,
        };
        (row.foreign_id.is_none() || self.is_job_of(row)) && knows_less
    }

    /// Whether nobody has run this job before, as far as Redis knows, and no row can be waiting for it.
    pub(super) fn is_first(&self) -> bool {
        self.started <= 1
            && self.stalled == 0
            && self.attempts_made == 0
            && !self.was_ours
            && !self.id.starts_with(RESTORED)
            && self.data.is_ok()
    }

    /// The row that a job of another program gets.
    pub(super) fn adoption(&self) -> Adoption {
        Adoption {
            id: self.foreign_row_id(),
            foreign_id: self.id.clone(),
            queue: self.queue.clone(),
            name: self.name.clone(),
            data: self.data.clone().unwrap_or_else(|_| "null".to_owned()),
            priority: self.options.priority,
            max_attempts: self.options.attempts,
            attempts_made: self.attempts_made,
            backoff: self.options.backoff,
            stalled: self.stalled,
            created_at: self.created_at,
            is_completed: false,
            result: None,
        }
    }

    /// The id of its row when another program has added it.
    pub(super) fn foreign_row_id(&self) -> String {
        foreign_row_id(&self.queue, &self.id)
    }
}

/// The id of the row of a job that another program has added: ids of different queues may be the same.
pub(super) fn foreign_row_id(queue: &str, id: &str) -> String {
    format!("{queue}:{}", id.strip_prefix(RESTORED).unwrap_or(id))
}

/// Whether a queue has counted up the id for a job that came without one. Ids of ours have other characters.
fn is_counted(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the library has read all there is: npm always stores `attempts`, so without it the options were lost;
/// unreadable data become null; and it does not tell how often a job has stalled, which it can only have when it was
/// started before. It also drops the jitter of a backoff: whoever needs that reads it then.
fn is_whole(job: &Job) -> bool {
    job.opts().attempts.is_some() && !job.data().is_null() && job.attempts_started() <= 1
}

async fn read_again(
    job: &Job,
    keys: &QueueKeys,
    connection: &RedisConnection,
) -> Result<[Option<String>; 3], bullmq::Error> {
    let mut command = redis::cmd("HMGET");
    command.arg(keys.job_key(job.id())).arg(&READ_AGAIN);
    connection.cmd(&mut command).await
}

fn options_of(job: &Job) -> Options {
    Options::read(&serde_json::to_string(job.opts()).unwrap_or_default())
}

fn checked_data(job: &Job, stored: Option<String>) -> Result<String, String> {
    let data = match stored {
        Some(stored) => match serde_json::from_str::<serde::de::IgnoredAny>(&stored) {
            Ok(_) => stored,
            Err(error) => return Err(format!("the job's data are not JSON: {error}")),
        },
        None => job.data().to_string(),
    };
    if data.len() > MAX_DATA_BYTES {
        let bytes = data.len();
        return Err(format!(
            "the job's data have {bytes} bytes; up to {MAX_DATA_BYTES} are taken: put ids into a job, and the rest elsewhere"
        ));
    }
    Ok(data)
}
