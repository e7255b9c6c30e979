//! `telecine jobs ls`.

use jiff::Timestamp;
use telecine_api::JobSummary;
use telecine_db::jobs::Filter;
use telecine_model::{Clock, JobState};
use telecine_queue::Queues;

use super::times::from_now;
use crate::args::ListArgs;
use crate::table::Table;

/// Longer reasons are cut off; `show` has them whole.
const REASON_CHARS: usize = 70;

/// Prints the jobs that the arguments pick.
pub(super) async fn print(queues: &dyn Queues, clock: &dyn Clock, args: ListArgs) -> anyhow::Result<()> {
    let states = if args.state.is_empty() { not_completed() } else { args.state };
    let text = args.text.filter(|text| !text.is_empty());
    // One more than asked for tells whether there are others.
    let filter = Filter { queue: args.queue, states, text, offset: args.offset, limit: args.limit + 1 };
    let mut jobs = queues.list(&filter).await?;
    let has_more = jobs.len() as u64 > args.limit;
    jobs.truncate(usize::try_from(args.limit)?);
    let jobs: Vec<JobSummary> = jobs.into_iter().map(JobSummary::from).collect();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&jobs)?);
        return Ok(());
    }
    if jobs.is_empty() {
        println!("no jobs");
        return Ok(());
    }
    print!("{}", table(&jobs, clock.now()).text());
    if has_more {
        println!("there are more; --offset {} shows the next ones", args.offset + args.limit);
    }
    Ok(())
}

fn not_completed() -> Vec<JobState> {
    JobState::ALL.into_iter().filter(|state| *state != JobState::Completed).collect()
}

fn table(jobs: &[JobSummary], now: Timestamp) -> Table<7> {
    let mut table = Table::new(["ID", "QUEUE", "KIND", "STATE", "FAILED RUNS", "WHEN", ""]);
    for job in jobs {
        table.push([
            job.id.clone(),
            job.queue.clone(),
            job.name.clone(),
            job.state.to_owned(),
            format!("{} of {}", job.attempts_made, job.max_attempts),
            from_now(when(job), now),
            remark(job),
        ]);
    }
    table
}

/// When it ended, began, will run, or was added.
fn when(job: &JobSummary) -> &str {
    let ended = job.finished_at.as_deref();
    match job.state {
        "active" => job.started_at.as_deref().unwrap_or(&job.created_at),
        "delayed" => &job.run_at,
        _ => ended.unwrap_or(&job.created_at),
    }
}

fn remark(job: &JobSummary) -> String {
    match &job.failure {
        _ if job.state == "active" && job.cancel_requested => "asked to stop".to_owned(),
        _ if job.state == "active" => format!("{:.0} %", job.progress * 100.0),
        Some(failure) => {
            let reason = format!("{}: {}", failure.code, failure.message);
            if reason.chars().count() <= REASON_CHARS {
                return reason;
            }
            reason.chars().take(REASON_CHARS - 1).chain(['…']).collect()
        }
        None => String::new(),
    }
}
