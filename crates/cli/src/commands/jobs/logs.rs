//! `telecine jobs logs`.

use std::time::Duration;

use telecine_api::LogLineBody;
use telecine_model::Clock;
use telecine_queue::{Queues, QueuesError};

use crate::table::plain_line;

/// Lines that are read at a time.
const SLICE: u64 = 500;
/// How often a log is looked at that is followed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Prints the log as it is.
pub(super) async fn print(queues: &dyn Queues, id: &str) -> anyhow::Result<()> {
    print_after(queues, id, 0).await?;
    Ok(())
}

/// Prints the log and what is added to it, until the job ends or goes.
pub(super) async fn follow(queues: &dyn Queues, clock: &dyn Clock, id: &str) -> anyhow::Result<()> {
    let mut printed = 0;
    let mut found = queues.find(id).await;
    loop {
        // Looked at before the log is read: what was written before the end is printed.
        let has_ended = match found {
            Ok(details) => details.job.state.is_finished(),
            Err(QueuesError::NoSuchJob(_)) if printed > 0 => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        printed = print_after(queues, id, printed).await?;
        if has_ended {
            return Ok(());
        }
        clock.sleep_until(clock.now() + LOOK_EVERY).await;
        found = queues.find(id).await;
    }
}

/// Prints the lines after line `printed`; returns the number of the last one.
async fn print_after(queues: &dyn Queues, id: &str, mut printed: i64) -> Result<i64, QueuesError> {
    loop {
        let lines = queues.log(id, printed, SLICE).await?;
        let Some(last) = lines.last() else { return Ok(printed) };
        printed = last.number;
        for line in lines.into_iter().map(LogLineBody::from) {
            println!("{} {}", line.at, plain_line(&line.line));
        }
    }
}
