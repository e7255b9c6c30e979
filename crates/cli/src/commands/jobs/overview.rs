//! `telecine jobs queues` and `telecine jobs schedules`.

use telecine_api::{QueueBody, ScheduleBody};
use telecine_model::Clock;
use telecine_queue::Queues;

use super::times::from_now;
use crate::table::Table;

/// Prints every queue.
pub(super) async fn queues(queues: &dyn Queues, as_json: bool) -> anyhow::Result<()> {
    let all: Vec<QueueBody> = queues.overview().await?.into_iter().map(QueueBody::from).collect();
    if as_json {
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let heads =
        ["QUEUE", "WAITING", "ACTIVE", "DELAYED", "WAITING-CHILDREN", "COMPLETED", "FAILED", "PAUSED"];
    let mut table = Table::new(heads);
    for queue in all {
        let counts = [queue.waiting, queue.active, queue.delayed, queue.waiting_children];
        let [waiting, active, delayed, waiting_children] = counts.map(|count| count.to_string());
        let [completed, failed] = [queue.completed, queue.failed].map(|count| count.to_string());
        let paused = if queue.paused { "paused" } else { "" }.to_owned();
        table.push([queue.name, waiting, active, delayed, waiting_children, completed, failed, paused]);
    }
    print!("{}", table.text());
    Ok(())
}

/// Prints every schedule.
pub(super) async fn schedules(queues: &dyn Queues, clock: &dyn Clock, as_json: bool) -> anyhow::Result<()> {
    let all: Vec<ScheduleBody> = queues.schedules().await?.into_iter().map(ScheduleBody::from).collect();
    if as_json {
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if all.is_empty() {
        println!("no schedules");
        return Ok(());
    }
    let mut table = Table::new(["ID", "QUEUE", "KIND", "RHYTHM", "NEXT", "LAST"]);
    for schedule in all {
        let rhythm = rhythm(&schedule);
        let next = from_now(&schedule.next_at, clock.now());
        let last = schedule.last_at.map(|at| from_now(&at, clock.now())).unwrap_or_default();
        table.push([schedule.id, schedule.queue, schedule.name, rhythm, next, last]);
    }
    print!("{}", table.text());
    Ok(())
}

fn rhythm(schedule: &ScheduleBody) -> String {
    match (&schedule.cron, schedule.every_s) {
        (Some(cron), _) => format!("{cron} {}", schedule.time_zone.as_deref().unwrap_or("UTC")),
        (None, Some(every_s)) => format!("every {every_s} s"),
        (None, None) => String::new(),
    }
}
