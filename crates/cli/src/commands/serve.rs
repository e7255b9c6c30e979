//! `telecine serve`.

use std::process::ExitCode;

use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::ServeArgs;
use crate::platform::Platform;
use crate::settings::Settings;

/// Runs the platform until SIGINT or SIGTERM. A second signal ends it at once.
pub(crate) async fn run(settings: Settings, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let mut asked_to_stop = StopSignals::listen()?;
    let mut platform = Platform::start(settings).await?;
    announce(&mut platform, args.json);
    asked_to_stop.next().await;
    tracing::info!("stopping; ask again to stop at once");
    tokio::select! {
        () = platform.stop() => Ok(ExitCode::SUCCESS),
        () = asked_to_stop.next() => Ok(ExitCode::FAILURE),
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

fn announce(platform: &mut Platform, as_json: bool) {
    let page = platform.page_address("/");
    let (api, token) =
        (platform.app.public_url.as_str().trim_end_matches('/').to_owned(), platform.first_token.take());
    if as_json {
        let token = token.as_ref().map(|token| token.expose_secret());
        let line = serde_json::json!({
            "page": page.as_str(), "api": format!("{api}/api/v1"), "storage": platform.storage_place,
            "token": token, "started_s": platform.started_in.as_secs_f64(),
        });
        println!("{line}");
        return;
    }
    println!(
        "Telecine {} is ready after {:.2} s\n",
        env!("CARGO_PKG_VERSION"),
        platform.started_in.as_secs_f64()
    );
    println!(
        "  Page     {page}\n           signs this browser in; works for 15 minutes, `telecine sign-in` makes another"
    );
    println!("  API      {api}/api/v1   described in {api}/openapi.json");
    println!("  Storage  {}", platform.storage_place);
    if let Some(token) = token {
        println!(
            "  Token    {}\n           shown this once; `telecine token create` makes others",
            token.expose_secret()
        );
    }
    println!();
}
