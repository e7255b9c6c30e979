//! `telecine demo`: the whole platform, one file through it, and the page where it plays.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use serde_json::{Value, json};
use telecine_app::access::{create_token, discard_token};
use telecine_model::Scope;
use tempfile::TempDir;

use crate::args::DemoArgs;
use crate::client::{Client, Video};
use crate::commands::serve::{self, StopSignals};
use crate::platform::{self, Platform, Workers};
use crate::settings::Settings;

/// Steps of the processing bar.
const BAR_STEPS: u64 = 1000;

/// What the demo measured; times count from the end of the upload.
struct Outcome {
    video_id: String,
    upload_s: f64,
    playable_s: Option<f64>,
    ready_s: f64,
    video: Video,
}

/// Starts the platform, sends the file through it, and goes on serving unless told to exit.
pub(crate) async fn run(settings: Settings, args: DemoArgs) -> anyhow::Result<ExitCode> {
    let size = tokio::fs::metadata(&args.file)
        .await
        .with_context(|| format!("cannot read {}", args.file.display()))?
        .len();
    let mut asked_to_stop = StopSignals::listen()?;
    let (mut platform, _folder) = tokio::select! {
        started = start_beside_others(settings) => started?,
        () = asked_to_stop.next() => anyhow::bail!("stopped before everything had started"),
    };
    println!("Telecine is running after {:.2} s", platform.started_in.as_secs_f64());
    let token = create_token(&platform.app.db, &*platform.app.clock, "demo", Scope::Full).await?;
    let outcome = tokio::select! {
        outcome = send_through(&platform, &token, &args.file, size) => outcome,
        () = asked_to_stop.next() => Err(anyhow::anyhow!("stopped before the video was ready")),
    };
    discard_token(&platform.app.db, &token).await?;
    let is_ready = match &outcome {
        Ok(outcome) => report(&platform, outcome, &args).await?,
        Err(_) => false,
    };
    let served = if is_ready && !args.exit {
        println!("\nServing until Ctrl-C.");
        serve::until_asked_to_stop(&mut platform, &mut asked_to_stop).await
    } else {
        Ok(())
    };
    if !args.exit {
        println!("Stopping; Ctrl-C again stops at once.");
    }
    serve::stop(platform, &mut asked_to_stop).await;
    outcome?;
    served?;
    Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A demo shall work while another server runs: a port in use is replaced by a free one, a data folder in use by a
/// temporary one, which is to be held until the end. Addresses that lead to the other server go with them.
async fn start_beside_others(mut settings: Settings) -> anyhow::Result<(Platform, Option<TempDir>)> {
    let is_free = |ip, port| std::net::TcpListener::bind((ip, port)).is_ok();
    if !is_free(settings.server.bind, settings.server.port) {
        println!("Port {} is in use; the demo takes a free one.", settings.server.port);
        settings.server.port = 0;
        settings.server.public_url = None;
    }
    let listen = &mut settings.storage.embedded.listen;
    if settings.storage.endpoint.is_none() && !is_free(listen.ip(), listen.port()) {
        println!("Port {} is in use; the embedded storage takes a free one.", listen.port());
        listen.set_port(0);
        settings.storage.public_endpoint = None;
    }
    let mut folder = None;
    if platform::is_in_use(&settings.data_dir) {
        println!(
            "The data folder {} is in use; the demo takes a temporary one, which goes with it.",
            settings.data_dir.display()
        );
        let temporary = tempfile::Builder::new().prefix("telecine-demo-").tempdir()?;
        settings.data_dir = temporary.path().to_owned();
        folder = Some(temporary);
        if settings.storage.endpoint.is_none() {
            // Workers on the other server's database would look for the file in its storage.
            settings.database.url = None;
        }
    }
    Ok((Platform::start(settings, Workers::Inside).await?, folder))
}

async fn send_through(
    platform: &Platform,
    token: &SecretString,
    file: &Path,
    size: u64,
) -> anyhow::Result<Outcome> {
    let client = Client::new(&platform.own_url, token.clone())?;
    let bar = upload_bar(size);
    let counted = bar.clone();
    let begun = Instant::now();
    let video_id = client.upload(file, move |bytes| counted.inc(bytes)).await?;
    let upload_s = begun.elapsed().as_secs_f64();
    bar.finish();

    let bar = processing_bar();
    let uploaded = Instant::now();
    let mut playable_s = None;
    let video = client.follow(&video_id, |video| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1000 steps")]
        bar.set_position((video.progress.clamp(0.0, 1.0) * BAR_STEPS as f64) as u64);
        if video.playable {
            playable_s.get_or_insert_with(|| uploaded.elapsed().as_secs_f64());
        }
    });
    let video = video.await?;
    let ready_s = uploaded.elapsed().as_secs_f64();
    if video.failure.is_some() {
        bar.abandon()
    } else {
        bar.finish()
    }
    Ok(Outcome { video_id, upload_s, playable_s, ready_s, video })
}

/// Tells how it went; `false` when the video failed.
async fn report(platform: &Platform, outcome: &Outcome, args: &DemoArgs) -> anyhow::Result<bool> {
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&as_json(outcome))?;
        tokio::fs::write(path, text).await.with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(failure) = &outcome.video.failure {
        println!("\nThe file was not made into a video: {} ({})", failure.message, failure.code);
        return Ok(false);
    }
    let address = |name: &str| {
        outcome.video.playback.as_ref().and_then(|playback| playback[name].as_str().map(str::to_owned))
    };
    println!(
        "\nReady {:.1} s after the upload: {:.1} s of {}",
        outcome.ready_s,
        outcome.video.duration_s.unwrap_or_default(),
        renditions(&outcome.video).join(", ")
    );
    println!("\n  Page      {}", platform.page_address(&format!("/watch/{}", outcome.video_id)));
    for (label, name) in [("HLS", "hls"), ("DASH", "dash"), ("MP4", "mp4")] {
        if let Some(address) = address(name) {
            println!("  {label:<9} {address}");
        }
    }
    Ok(true)
}

fn as_json(outcome: &Outcome) -> Value {
    json!({
        "upload_s": outcome.upload_s,
        "playable_s": outcome.playable_s,
        "ready_s": outcome.ready_s,
        "renditions": renditions(&outcome.video),
        "playback": outcome.video.playback,
        "video_id": outcome.video_id,
        "status": outcome.video.status,
        "failure": outcome.video.failure,
    })
}

fn renditions(video: &Video) -> Vec<String> {
    let names = video.playback.as_ref().and_then(|playback| playback["renditions"].as_array());
    names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn upload_bar(size: u64) -> ProgressBar {
    let bar = ProgressBar::new(size);
    bar.set_style(style("Uploading   {bar:40} {bytes:>10} of {total_bytes}  {bytes_per_sec}"));
    bar
}

fn processing_bar() -> ProgressBar {
    let bar = ProgressBar::new(BAR_STEPS);
    bar.set_style(style("Processing  {bar:40} {percent:>9}%  {elapsed}"));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▉▊▋▌▍▎▏ ")
}
