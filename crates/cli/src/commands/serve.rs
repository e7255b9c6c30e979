//! `telecine serve`.

use std::process::ExitCode;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use telecine_app::access::create_first_token;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::ServeArgs;
use crate::platform::{Platform, Running, Workers};
use crate::settings::Settings;

/// Runs the platform until SIGINT or SIGTERM. A second signal ends it at once.
pub(crate) async fn run(settings: Settings, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let mut asked_to_stop = StopSignals::listen()?;
    warn_of_unreachable_addresses(&settings);
    let workers = if args.no_workers { Workers::Elsewhere } else { Workers::Inside };
    let mut platform = tokio::select! {
        started = Platform::start(settings, workers) => started?,
        () = asked_to_stop.next() => anyhow::bail!("stopped before everything had started"),
    };
    let first_token = create_first_token(&platform.app.db, &*platform.app.clock).await?;
    announce(&platform, first_token.as_ref(), args.json);
    let served = until_asked_to_stop(&mut platform, &mut asked_to_stop).await;
    let code = stop(platform, &mut asked_to_stop).await;
    served.map(|()| code)
}

/// Waits for a signal; an error when a part of the program ends before.
pub(crate) async fn until_asked_to_stop(
    running: &mut impl Running,
    asked_to_stop: &mut StopSignals,
) -> anyhow::Result<()> {
    tokio::select! {
        () = asked_to_stop.next() => Ok(()),
        part = running.broken_part() => Err(anyhow::anyhow!("{part} has ended by itself; this is a defect of telecine")),
    }
}

/// Stops the program; a second signal ends the process at once.
pub(crate) async fn stop(running: impl Running, asked_to_stop: &mut StopSignals) -> ExitCode {
    tracing::info!("stopping; ask again to stop at once");
    tokio::select! {
        () = running.stop() => ExitCode::SUCCESS,
        () = asked_to_stop.next() => ExitCode::FAILURE,
    }
}

fn warn_of_unreachable_addresses(settings: &Settings) {
    if settings.server.is_open_without_address() {
        tracing::warn!(
            "other machines can reach this server, but its addresses name loopback; set PUBLIC_URL"
        );
    }
    let (storage, listen) = (&settings.storage, settings.storage.embedded.listen.ip());
    let is_local = storage.endpoint.is_none() && storage.public_endpoint.is_none();
    let names_loopback = listen.is_loopback() || listen.is_unspecified();
    if !settings.server.bind.is_loopback() && is_local && names_loopback {
        tracing::warn!(
            "uploads and playback of other machines need TELECINE_STORAGE_LISTEN and S3_PUBLIC_ENDPOINT too"
        );
    }
}

/// SIGINT and SIGTERM.
pub(crate) struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl StopSignals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn announce(platform: &Platform, first_token: Option<&SecretString>, as_json: bool) {
    let page = platform.page_address("/");
    let origin = platform.app.public_url.as_str().trim_end_matches('/');
    let (api, storage, started_s) =
        (format!("{origin}/api/v1"), &platform.storage_place, platform.started_in.as_secs_f64());
    let token = first_token.map(ExposeSecret::expose_secret);
    if as_json {
        let ready = json!({
            "page": page, "api": api, "listens": platform.own_url, "storage": storage, "token": token,
            "started_s": started_s,
        });
        println!("{ready}");
        return;
    }
    println!("Telecine {} is ready after {started_s:.2} s\n", env!("CARGO_PKG_VERSION"));
    println!(
        "  Page     {page}\n           signs this browser in; works for 15 minutes, `telecine sign-in` makes another"
    );
    println!("  API      {api}   described in {origin}/openapi.json");
    println!("  Storage  {storage}");
    match token {
        Some(token) => {
            println!("  Token    {token}\n           shown this once; `telecine token create` makes others\n")
        }
        None => println!("  Token    `telecine token create` makes one\n"),
    }
}
