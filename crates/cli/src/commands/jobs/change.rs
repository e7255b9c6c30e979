//! Commands that change the jobs that they name.

use std::process::ExitCode;

use telecine_model::JobState;
use telecine_queue::{Queues, QueuesError};

use crate::args::ChosenJobs;
use crate::table::plain_line;

/// What happens to a job.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Retry,
    Promote,
    Cancel,
    Remove,
}

/// Changes each job, or only says what would be done.
pub(super) async fn chosen(
    queues: &dyn Queues,
    change: Change,
    jobs: &ChosenJobs,
) -> anyhow::Result<ExitCode> {
    if jobs.dry_run {
        announce(queues, change, &jobs.ids).await
    } else {
        each(queues, change, &jobs.ids).await
    }
}

/// Changes each job. One that is refused keeps none of the others from it.
pub(super) async fn each(queues: &dyn Queues, change: Change, ids: &[String]) -> anyhow::Result<ExitCode> {
    let mut changed = 0;
    for id in ids {
        match change.make(queues, id).await {
            Ok(()) => {
                changed += 1;
                println!("{} {}", plain_line(id), change.done());
            }
            Err(error) => refuse(&error)?,
        }
    }
    Ok(sum(changed, ids.len(), "changed"))
}

async fn announce(queues: &dyn Queues, change: Change, ids: &[String]) -> anyhow::Result<ExitCode> {
    let mut changeable = 0;
    for id in ids {
        match queues.find(id).await {
            Ok(found) if change.is_possible(found.job.state) => {
                changeable += 1;
                println!("{} ({}) {}", plain_line(id), found.job.state, change.intended());
            }
            Ok(found) => println!("{} is {} and would stay so", plain_line(id), found.job.state),
            Err(error) => refuse(&error)?,
        }
    }
    Ok(sum(changeable, ids.len(), "would be changed"))
}

/// Says why this job is left alone; an error of the database or of Redis ends the command.
fn refuse(error: &QueuesError) -> anyhow::Result<()> {
    match error {
        QueuesError::Db(_) | QueuesError::Redis(_) => anyhow::bail!("{error}"),
        _ => eprintln!("telecine: {error}"),
    }
    Ok(())
}

fn sum(changed: usize, named: usize, verb: &str) -> ExitCode {
    if named > 1 {
        println!("{changed} of {named} jobs {verb}");
    }
    if changed == named { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Change {
    async fn make(self, queues: &dyn Queues, id: &str) -> Result<(), QueuesError> {
        match self {
            Self::Retry => queues.retry(id).await,
            Self::Promote => queues.promote(id).await,
            Self::Cancel => queues.cancel(id).await,
            Self::Remove => queues.remove(id).await,
        }
    }

    fn is_possible(self, state: JobState) -> bool {
        match self {
            Self::Retry => state == JobState::Failed,
            Self::Promote => state == JobState::Delayed,
            Self::Cancel => !state.is_finished(),
            Self::Remove => state != JobState::Active,
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Retry => "waits again",
            Self::Promote => "is due now",
            Self::Cancel => "is cancelled; one that runs stops within seconds",
            Self::Remove => "is removed",
        }
    }

    fn intended(self) -> &'static str {
        match self {
            Self::Retry => "would wait again",
            Self::Promote => "would be due",
            Self::Cancel => "would be cancelled",
            Self::Remove => "would be removed",
        }
    }
}
