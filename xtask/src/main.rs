//! Chores of the repository that are programs: the benchmarks. `scripts/bench NAME` builds and runs them.

mod bench;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Measures beside a peer, alternating in one run
    Bench {
        /// Which benchmark
        name: bench::Name,
        /// A film in full HD at 24 frames instead of the usual one, for `video`; a folder of .jpg files, for `images`
        file: Option<PathBuf>,
        /// Writes the figures as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// One engine under measurement; `bench jobs` starts it
    #[command(hide = true)]
    Contender(bench::jobs::contender::ContenderArgs),
}

fn main() -> anyhow::Result<()> {
    match Args::parse().chore {
        Chore::Bench { name, file, json } => bench::run(name, file.as_deref(), json.as_deref()),
        Chore::Contender(args) => bench::jobs::contender::run(&args),
    }
}
