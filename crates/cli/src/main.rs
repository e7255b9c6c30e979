//! The `telecine` binary: the whole platform in one process, and the commands around it.

mod args;
mod client;
mod commands;
mod logging;
mod platform;
mod settings;
mod table;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;
use rustix::fs::Mode;
use tokio::runtime::{Builder, Runtime};

use args::{Args, Command};
use settings::Settings;
use telemetry::Exporter;

/// Threads that drive connections and jobs; media work happens in child processes.
const RUNTIME_THREADS: usize = 2;

fn main() -> ExitCode {
    // Before anything else: children that decode images need none of it, and there is one for each core.
    if commands::image::is_child() {
        return exit_code(commands::image::serve_as_child());
    }
    let args = Args::parse();
    // Databases, keys and media are for this user only, wherever they are made; images are made for whom the user likes.
    if !matches!(args.command, Command::Image(_)) {
        rustix::process::umask(Mode::RWXG | Mode::RWXO);
    }
    exit_code(run(args))
}

fn exit_code(ended: anyhow::Result<ExitCode>) -> ExitCode {
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("telecine: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(&args.settings)?;
    if let Command::Config(config) = &args.command {
        return commands::config::run(config, &loaded);
    }
    let settings: Settings = loaded.settings;
    let (spans, exporter) = telemetry::start(&settings.telemetry).unzip();
    logging::start(&settings.log, spans, args.command.is_quiet());
    runtime(&args.command)?.block_on(async {
        let exporting = exporter.map(Exporter::start).transpose()?;
        let ended = Box::pin(run_command(args.command, settings)).await;
        if let Some(exporting) = exporting {
            exporting.finish().await;
        }
        ended
    })
}

/// Images are decoded by children; one thread waits for them all.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    match command {
        Command::Image(_) => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).enable_all().build(),
    }
}

async fn run_command(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => commands::serve::run(settings, serve).await,
        Command::Worker(worker) => commands::worker::run(settings, worker).await,
        Command::Demo(demo) => Box::pin(commands::demo::run(settings, demo)).await,
        Command::Doctor(doctor) => commands::doctor::run(settings, doctor).await,
        Command::Migrate => commands::migrate::run(settings).await,
        Command::Reconcile(reconcile) => commands::reconcile::run(settings, reconcile).await,
        Command::Verify(verify) => commands::verify::run(settings, verify).await,
        Command::Jobs(jobs) => commands::jobs::run(settings, jobs).await,
        Command::Image(image) => commands::image::run(image).await,
        Command::Token(token) => commands::token::run(settings, token).await,
        Command::SignIn => commands::sign_in::run(settings).await,
        Command::Config(_) => Ok(ExitCode::SUCCESS),
    }
}
