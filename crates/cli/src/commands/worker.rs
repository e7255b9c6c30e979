//! `telecine worker`.

use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use crate::args::WorkerArgs;
use crate::commands::serve::{StopSignals, stop, until_asked_to_stop};
use crate::platform::WorkerProcess;
use crate::settings::{Settings, is_queue, queue_names};

/// Works on jobs until SIGINT or SIGTERM. A second signal ends it at once.
pub(crate) async fn run(mut settings: Settings, args: WorkerArgs) -> anyhow::Result<ExitCode> {
    let queues = chosen_queues(&args)?;
    for (queue, jobs) in &args.concurrency {
        if !queues.contains(queue) {
            bail!(
                "--concurrency {queue}={jobs}: this worker does not work on {queue}, only on {}",
                queues.join(", ")
            );
        }
        settings.jobs.concurrency.insert(queue.clone(), *jobs);
    }
    settings.jobs.check().map_err(anyhow::Error::msg)?;
    let mut asked_to_stop = StopSignals::listen()?;
    let mut worker = tokio::select! {
        started = WorkerProcess::start(settings, &queues) => started?,
        () = asked_to_stop.next() => bail!("stopped before everything had started"),
    };
    announce(&worker, &queues, args.json);
    let worked = until_asked_to_stop(&mut worker, &mut asked_to_stop).await;
    let code = stop(worker, &mut asked_to_stop).await;
    worked.map(|()| code)
}

/// The queues that were named, or all of them.
fn chosen_queues(args: &WorkerArgs) -> anyhow::Result<Vec<String>> {
    let mut named = args.queues.iter().chain(args.concurrency.iter().map(|(queue, _)| queue));
    if let Some(unknown) = named.find(|queue| !is_queue(queue)) {
        bail!("there is no queue {unknown:?}; the queues are {}", queue_names());
    }
    if args.queues.is_empty() {
        return Ok(telecine_app::jobs::registry().queues().map(|(queue, _)| queue.to_owned()).collect());
    }
    Ok(telecine_app::jobs::with_lanes(&args.queues))
}

fn announce(worker: &WorkerProcess, queues: &[String], as_json: bool) {
    let health = worker.health_address().map(|address| format!("http://{address}/health"));
    if as_json {
        println!("{}", json!({ "worker": worker.name(), "queues": queues, "health": health }));
        return;
    }
    println!("Telecine {} works on {}\n", env!("CARGO_PKG_VERSION"), queues.join(", "));
    println!("  Worker   {}", worker.name());
    println!("  Health   {}\n", health.as_deref().unwrap_or("HEALTH_CHECK_PORT opens a port for it"));
}
