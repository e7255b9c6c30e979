//! `telecine jobs show`.

use jiff::Timestamp;
use telecine_api::{JobBody, JobFailureBody};
use telecine_model::Clock;
use telecine_queue::Queues;

use super::times::{from_now, took};
use crate::table::{Table, plain, plain_line};

/// Prints everything that is known of the job.
pub(super) async fn print(
    queues: &dyn Queues,
    clock: &dyn Clock,
    id: &str,
    as_json: bool,
) -> anyhow::Result<()> {
    let job = JobBody::from(queues.find(id).await?);
    if as_json {
        println!("{}", serde_json::to_string_pretty(&job)?);
        return Ok(());
    }
    let now = clock.now();
    print_facts(&job, now);
    print_attempts(&job, now);
    print_children(&job);
    print_log(&job);
    Ok(())
}

fn print_facts(job: &JobBody, now: Timestamp) {
    let summary = &job.summary;
    let at = |at: &str| format!("{at} ({})", from_now(at, now));
    let fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            println!("{name:<10} {}", plain_line(&value));
        }
    };
    fact("job", Some(summary.id.clone()));
    fact("kind", Some(format!("{} in {}", summary.name, summary.queue)));
    fact("state", Some(state(job)));
    fact("subject", summary.subject.clone());
    fact("runs", Some(format!("{} of {} failed", summary.attempts_made, summary.max_attempts)));
    fact("stalled", (summary.stalled > 0).then(|| format!("{} times", summary.stalled)));
    fact("added", Some(at(&summary.created_at)));
    fact("due", (summary.state == "delayed").then(|| at(&summary.run_at)));
    fact("began", summary.started_at.as_deref().map(at));
    fact("ended", summary.finished_at.as_deref().map(at));
    fact("took", summary.duration_s.map(|seconds| took(Some(seconds))));
    fact("worker", summary.worker.clone());
    fact("parent", job.parent_id.clone());
    fact("foreign id", job.foreign_id.clone());
    fact("data", Some(job.data.to_string()));
    fact("reports", job.progress_data.as_ref().map(ToString::to_string));
    fact("result", job.result.as_ref().map(ToString::to_string));
    fact("failure", summary.failure.as_ref().map(reason));
    if let Some(detail) = summary.failure.as_ref().and_then(|failure| failure.detail.as_deref()) {
        println!("\nLast lines of the tool's output");
        plain(detail).lines().for_each(|line| println!("  {line}"));
    }
}

fn state(job: &JobBody) -> String {
    let summary = &job.summary;
    match summary.state {
        "active" if summary.cancel_requested => "active, asked to stop".to_owned(),
        "active" => format!("active, {:.0} %", summary.progress * 100.0),
        "waiting-children" => format!("waiting-children, {} of them", job.children_left),
        state => state.to_owned(),
    }
}

fn reason(failure: &JobFailureBody) -> String {
    format!("{}: {}", failure.code, failure.message)
}

fn print_attempts(job: &JobBody, now: Timestamp) {
    if job.attempts.is_empty() {
        return;
    }
    let mut table = Table::new(["RUN", "OUTCOME", "ENDED", "TOOK", "WORKER", "REASON"]);
    for attempt in &job.attempts {
        table.push([
            attempt.run.to_string(),
            attempt.outcome.clone(),
            from_now(&attempt.ended_at, now),
            took(attempt.duration_s),
            attempt.worker.clone().unwrap_or_default(),
            attempt.failure.as_ref().map(reason).unwrap_or_default(),
        ]);
    }
    print!("\n{}", table.text());
}

fn print_children(job: &JobBody) {
    if job.children.is_empty() {
        return;
    }
    let mut table = Table::new(["CHILD", "STATE", "REASON"]);
    for child in &job.children {
        let reason = child.failed_reason.clone().unwrap_or_default();
        table.push([child.id.clone(), child.state.to_owned(), reason]);
    }
    print!("\n{}", table.text());
}

fn print_log(job: &JobBody) {
    if job.log.is_empty() {
        return;
    }
    println!("\nLog; `telecine jobs logs` shows all of it");
    job.log.iter().for_each(|line| println!("  {} {}", line.at, plain_line(&line.line)));
}
