//! `telecine jobs`.

use std::time::Duration;

use clap::Subcommand;
use telecine_model::JobState;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
These commands work on the database, and on Redis where BullMQ is used; no server has to run.
One that runs follows within seconds, with BullMQ within a minute.")]
pub(crate) struct JobsArgs {
    #[command(subcommand)]
    pub(crate) action: JobsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobsAction {
    /// Lists jobs; without --state those that have not completed
    Ls(ListArgs),
    /// Shows one job: where it stands, its attempts, its data and its log; secrets are masked
    Show {
        /// The job
        id: String,
        /// Prints it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints what a job has written down while it ran
    Logs {
        /// The job
        id: String,
        /// Goes on until the job ends
        #[arg(long)]
        follow: bool,
    },
    /// Makes failed jobs wait again, with all their attempts before them
    Retry(RetryArgs),
    /// Makes delayed jobs due at once
    Promote {
        /// The jobs
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Cancels jobs: those that wait fail at once, running ones are asked to stop
    Cancel(ChosenJobs),
    /// Removes jobs that are not running; those that have not ended fail first
    Rm(ChosenJobs),
    /// Lets nobody take jobs of a queue until it is resumed; running ones go on
    Pause {
        /// The queue
        queue: String,
    },
    /// Lets jobs of a queue be taken again
    Resume {
        /// The queue
        queue: String,
    },
    /// Removes jobs of a queue that have ended
    Clear(ClearArgs),
    /// Lists the queues and their jobs by state
    Queues {
        /// Prints them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Lists what makes jobs come again and again
    Schedules {
        /// Prints them as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Only jobs of this queue
    pub(crate) queue: Option<String>,
    /// Only jobs in one of these states: waiting, delayed, active, waiting-children, completed, failed
    #[arg(long, value_delimiter = ',')]
    pub(crate) state: Vec<JobState>,
    /// Only jobs with this text in id, kind, subject, data or reason
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// Jobs at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) limit: u64,
    /// Jobs to pass over
    #[arg(long, default_value_t = 0)]
    pub(crate) offset: u64,
    /// Prints them as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["ids", "all"]))]
pub(crate) struct RetryArgs {
    /// The jobs
    pub(crate) ids: Vec<String>,
    /// Every failed job of this queue
    #[arg(long, value_name = "QUEUE")]
    pub(crate) all: Option<String>,
    /// Only jobs with this text in id, kind, subject, data or reason
    #[arg(long, requires = "all")]
    pub(crate) text: Option<String>,
    /// Says how many there are, and changes nothing
    #[arg(long, requires = "all")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ChosenJobs {
    /// The jobs
    #[arg(required = true)]
    pub(crate) ids: Vec<String>,
    /// Says what would be done, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClearArgs {
    /// The queue
    pub(crate) queue: String,
    /// completed or failed
    #[arg(long, value_parser = finished_state)]
    pub(crate) state: JobState,
    /// Only jobs that ended so long ago, such as 90s, 30m, 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    pub(crate) older_than: Duration,
    /// Says how many there are, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn finished_state(text: &str) -> Result<JobState, String> {
    match text.parse() {
        Ok(state @ (JobState::Completed | JobState::Failed)) => Ok(state),
        _ => Err("only completed or failed jobs are cleared".to_owned()),
    }
}

/// A number and its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit_s: u32 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("write a number and s, m, h or d, such as 12h".to_owned()),
    };
    let number: u32 = number.parse().map_err(|_| "write a number before the unit, such as 12h".to_owned())?;
    Ok(Duration::from_secs(u64::from(number) * u64::from(unit_s)))
}
