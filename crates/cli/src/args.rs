//! The command line.

mod image;
mod jobs;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use telecine_model::VideoId;

pub(crate) use image::ImageArgs;
pub(crate) use jobs::{ChosenJobs, ClearArgs, JobsAction, JobsArgs, ListArgs};

/// A self-hosted media backend: uploads go straight to object storage, jobs turn them into adaptive video.
///
/// Without any configuration `telecine serve` is the whole platform in one process: API and pages on port 3001,
/// an S3 endpoint on port 9000, SQLite and files in ./telecine-data. Point it at PostgreSQL (DATABASE_URL) and
/// S3 (S3_ENDPOINT) to scale out.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "\
Settings come from telecine.toml, then the environment, then flags; `telecine config` shows them all\n\
and where each came from. First steps:\n\n  \
telecine doctor                      is everything there?\n  \
telecine demo clip.mp4               send a file through the whole platform and watch\n  \
telecine serve                       run it"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where settings come from beside the environment.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct SettingArgs {
    /// The settings file [default: ./telecine.toml if it is there]
    #[arg(long, global = true, env = "TELECINE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder for the database, embedded objects and scratch files
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Any setting, such as server.port=8080 or jobs.concurrency.video-processing=2
    #[arg(long = "set", global = true, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the platform until it is told to stop (Ctrl-C or SIGTERM)
    Serve(ServeArgs),
    /// Works on jobs beside a server, in a process of its own, until it is told to stop
    Worker(WorkerArgs),
    /// Starts the platform, sends a file through it, and shows the page where it plays
    Demo(DemoArgs),
    /// Checks folder, database, storage and tools, and says what to do
    Doctor(DoctorArgs),
    /// Brings the database schema up to date
    Migrate,
    /// Shows the settings in effect and where each came from; secrets are masked
    Config(ConfigArgs),
    /// Compares object storage with the ledger: orphans, missing objects, stale uploads
    Reconcile(ReconcileArgs),
    /// Reads everything of a published video again and compares it with its checksums
    Verify(VerifyArgs),
    /// Looks at jobs and queues, and puts failed jobs right
    Jobs(JobsArgs),
    /// Makes images smaller: upright, in sRGB, without metadata, as WebP or JPEG in several sizes
    Image(ImageArgs),
    /// Makes, lists and revokes API tokens
    Token(TokenArgs),
    /// Prints a link that signs a browser in; it works for 15 minutes
    SignIn,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Prints one line of JSON instead of the text when ready
    #[arg(long)]
    pub(crate) json: bool,
    /// Leaves the jobs to processes of `telecine worker`
    #[arg(long)]
    pub(crate) no_workers: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct WorkerArgs {
    /// The queues to work on, with commas between them [default: all]
    #[arg(long, value_name = "QUEUE,…", value_delimiter = ',')]
    pub(crate) queues: Vec<String>,
    /// Jobs of a queue that run at the same time here, such as video-processing=2,cleanup=4
    #[arg(long, value_name = "QUEUE=NUMBER,…", value_delimiter = ',', value_parser = concurrency)]
    pub(crate) concurrency: Vec<(String, usize)>,
    /// Prints one line of JSON instead of the text when ready
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads `QUEUE=NUMBER`; whether there is such a queue is found out later.
fn concurrency(text: &str) -> Result<(String, usize), String> {
    let (queue, jobs) = text.split_once('=').ok_or("it must look like QUEUE=NUMBER")?;
    let jobs = jobs.trim().parse().map_err(|_| format!("{jobs:?} is not a number of jobs"))?;
    Ok((queue.trim().to_owned(), jobs))
}

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// The video or audio file to send
    pub(crate) file: PathBuf,
    /// Ends once the video is ready, instead of serving until Ctrl-C
    #[arg(long)]
    pub(crate) exit: bool,
    /// Writes times, renditions and addresses as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// One part to check more closely, as jobs and browsers use it
    pub(crate) part: Option<DoctorPart>,
    /// Prints the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReconcileArgs {
    /// Deletes orphans, aborts stale uploads and corrects the ledger, instead of only reporting them
    #[arg(long)]
    pub(crate) fix: bool,
    /// Fixes even when most objects look orphaned, as they do with the database of another deployment
    #[arg(long, requires = "fix")]
    pub(crate) force: bool,
    /// Multipart uploads younger than this are left alone
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) upload_age: u64,
    /// Prints the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// The video's id
    pub(crate) video: VideoId,
    /// Prints what was found as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum DoctorPart {
    /// The S3 endpoint: credentials, multipart, CORS, clock, checksums, address style
    Storage,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    /// Prints the settings as JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Prints the table of all settings for the README
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) action: TokenAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenAction {
    /// Makes a token and shows it once
    Create {
        /// What it is for
        #[arg(long, default_value = "unnamed")]
        name: String,
        /// Lets it look at everything and change nothing
        #[arg(long)]
        read_only: bool,
    },
    /// Lists the tokens by the start of their hash
    List,
    /// Revokes a token
    Revoke {
        /// The first 8 or more characters of its hash, as `list` shows them
        hash: String,
    },
}

impl Command {
    /// Whether the command talks to a person itself, so that the log only tells what is wrong.
    pub(crate) fn is_quiet(&self) -> bool {
        !matches!(self, Self::Serve(_) | Self::Worker(_))
    }
}
