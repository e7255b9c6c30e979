//! Telling Redis how a run has ended, after the row says so.

use bullmq::error::error_code::JOB_NOT_EXIST;
use bullmq::keys::QueueKeys;
use bullmq::redis_connection::RedisConnection;
use bullmq::{Error, Job};
use serde_json::Value;
use telecine_model::Failure;

use crate::execution::Outcome;

/// The newest stack traces that a job keeps.
const TRACES_KEPT: u32 = 10;
/// A job whose row waits for children comes again after this time at the latest; the last child's end brings it at once.
pub(super) const NOT_YET_MS: i64 = 600_000;
/// Writes a failure into the job's hash, where dashboards look for it, and counts the attempt when ARGV[3] says so. A
/// hash that is gone stays gone.
const NOTE_FAILURE: &str = "
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local read, traces = pcall(cjson.decode, redis.call('HGET', KEYS[1], 'stacktrace') or '[]')
if not read or type(traces) ~= 'table' then traces = {} end
table.insert(traces, ARGV[2])
while #traces > tonumber(ARGV[4]) do table.remove(traces, 1) end
redis.call('HSET', KEYS[1], 'failedReason', ARGV[1], 'stacktrace', cjson.encode(traces))
redis.call('HINCRBY', KEYS[1], 'atm', ARGV[3])
return 1
";

/// What Redis made of an ending.
pub(super) enum Told {
    /// The answer to the library: a result finishes the job, an error fails it, and "delayed" means that it was moved.
    Answer(Result<Value, Error>),
    /// Redis no longer knows the job: the row has to be handed over again.
    Gone,
}

/// Tells Redis how the run has ended.
pub(super) async fn tell(
    outcome: Outcome,
    job: &Job,
    now: i64,
    keys: &QueueKeys,
    connection: &RedisConnection,
) -> Told {
    match outcome {
        Outcome::Completed { result } => {
            Told::Answer(Ok(result.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()))
        }
        Outcome::Failed { failure } => {
            // The library counts this attempt itself.
            note_failure(&failure, 0, job, keys, connection).await;
            Told::Answer(Err(Error::Unrecoverable(failure.message)))
        }
        Outcome::Retried { failure, at_ms } => {
            note_failure(&failure, 1, job, keys, connection).await;
            move_to_delayed(job, at_ms).await
        }
        Outcome::HandedBack { at_ms } => move_to_delayed(job, at_ms).await,
        Outcome::WaitsForChildren => move_to_delayed(job, now + NOT_YET_MS).await,
        // Another worker has it, or its success could not be written down: it comes back when its lock runs out.
        Outcome::Stopped | Outcome::Succeeded(_) => Told::Answer(Err(Error::Delayed)),
    }
}

/// Moves the job away from this worker until `run_at`; no attempt is counted. When that fails, the lock was lost or
/// Redis is away: then the job comes back by itself, and the row knows what has happened.
pub(super) async fn move_to_delayed(job: &Job, run_at: i64) -> Told {
    match job.move_to_delayed(u64::try_from(run_at).unwrap_or(0)).await {
        Ok(()) => {}
        Err(Error::Script { code: JOB_NOT_EXIST, .. }) => return Told::Gone,
        Err(error) => {
            tracing::debug!(job.id = %job.id(), %error, "the job could not be moved in Redis, it comes back later");
        }
    }
    Told::Answer(Err(Error::Delayed))
}

async fn note_failure(
    failure: &Failure,
    attempts: u32,
    job: &Job,
    keys: &QueueKeys,
    connection: &RedisConnection,
) {
    let mut command = redis::cmd("EVAL");
    command.arg(NOTE_FAILURE).arg(1).arg(keys.job_key(job.id()));
    command.arg(&failure.message).arg(trace(failure)).arg(attempts).arg(TRACES_KEPT);
    if let Err(error) = connection.cmd::<i64>(&mut command).await {
        tracing::debug!(job.id = %job.id(), %error, "the failure could not be shown in Redis");
    }
}

/// What dashboards show where Node has a stack trace: code, sentence, and what the tool said last.
fn trace(failure: &Failure) -> String {
    let detail = failure.detail.iter().flat_map(|detail| detail.lines());
    let lines = detail.map(|line| format!("\n    {line}")).collect::<String>();
    format!("{}: {}{lines}", failure.code, failure.message)
}
