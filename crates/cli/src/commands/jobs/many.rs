//! Commands that change many jobs, or a queue.

use telecine_db::jobs::{Filter, Job};
use telecine_model::{Clock, JobState};
use telecine_queue::{Queues, QueuesError};

use crate::args::ClearArgs;

/// Jobs that are read at a time.
const SLICE: u64 = 500;

/// Makes the failed jobs of the queue wait again, or counts them.
pub(super) async fn retry(
    queues: &dyn Queues,
    queue: &str,
    text: Option<String>,
    dry_run: bool,
) -> anyhow::Result<()> {
    let text = text.filter(|text| !text.is_empty());
    if dry_run {
        let states = vec![JobState::Failed];
        let filter = Filter { queue: Some(queue.to_owned()), states, text, offset: 0, limit: SLICE };
        println!("{} would wait again; nothing was changed", jobs(count(queues, filter, |_| true).await?));
    } else {
        println!("{} now waiting again", jobs(queues.retry_all(queue, text.as_deref()).await?));
    }
    Ok(())
}

/// Removes jobs of the queue that have ended, or counts them.
pub(super) async fn clear(queues: &dyn Queues, clock: &dyn Clock, args: ClearArgs) -> anyhow::Result<()> {
    let ended_before = clock.now_ms() - i64::try_from(args.older_than.as_millis())?;
    if args.dry_run {
        let (queue, states) = (Some(args.queue), vec![args.state]);
        let filter = Filter { queue, states, text: None, offset: 0, limit: SLICE };
        let is_old = |job: &Job| job.finished_at.is_some_and(|ended| ended <= ended_before);
        println!("{} would be removed; nothing was changed", jobs(count(queues, filter, is_old).await?));
    } else {
        println!("{} removed", jobs(queues.clear(&args.queue, args.state, ended_before).await?));
    }
    Ok(())
}

/// Pauses the queue.
pub(super) async fn pause(queues: &dyn Queues, queue: &str) -> anyhow::Result<()> {
    queues.pause(queue).await?;
    println!("{queue} is paused; `telecine jobs resume {queue}` lets its jobs run again");
    Ok(())
}

/// Resumes the queue.
pub(super) async fn resume(queues: &dyn Queues, queue: &str) -> anyhow::Result<()> {
    queues.resume(queue).await?;
    println!("{queue} is not paused");
    Ok(())
}

async fn count(
    queues: &dyn Queues,
    mut filter: Filter,
    is_counted: impl Fn(&Job) -> bool,
) -> Result<u64, QueuesError> {
    let mut counted = 0;
    loop {
        let listed = queues.list(&filter).await?;
        counted += listed.iter().filter(|job| is_counted(job)).count() as u64;
        if (listed.len() as u64) < filter.limit {
            return Ok(counted);
        }
        filter.offset += filter.limit;
    }
}

fn jobs(count: u64) -> String {
    if count == 1 { "1 job".to_owned() } else { format!("{count} jobs") }
}
