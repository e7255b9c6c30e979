//! The checks. Each answers what it saw, or an error that says what to do.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use telecine_db::Db;
use telecine_model::{Clock, SystemClock};
use telecine_process::{Command, Confinement, Ending, Limits};
use telecine_queue::{EvictionPolicy, eviction_policy};
use tokio_util::sync::CancellationToken;

use crate::platform::{self, Storage};
use crate::settings::Settings;

/// Encoders that processing needs.
const ENCODERS: [&str; 4] = ["libx264", "aac", "mjpeg", "libwebp"];
/// A tool that does not answer within this time is not usable.
const TOOL_TIMEOUT: Duration = Duration::from_secs(10);
/// An object that the storage check writes and removes.
const PROBE_KEY: &str = "doctor/probe";

pub(super) fn data_dir(settings: &Settings) -> anyhow::Result<String> {
    platform::create_data_dir(settings)?;
    let path = settings.data_dir.canonicalize()?;
    let probe = path.join(".doctor");
    std::fs::write(&probe, b"x").with_context(|| format!("{} cannot be written", path.display()))?;
    std::fs::remove_file(&probe)?;
    let space = rustix::fs::statvfs(&path)?;
    let free_gb = space.f_bavail * space.f_frsize / 1_000_000_000;
    if free_gb < 1 {
        bail!(
            "{} has less than 1 GB free; processing needs room for the source and one rendition",
            path.display()
        );
    }
    Ok(format!("{}, {free_gb} GB free", path.display()))
}

pub(super) async fn database(settings: &Settings) -> anyhow::Result<String> {
    platform::create_data_dir(settings)?;
    let db = Db::connect(&settings.database.effective_url(&platform::absolute(&settings.data_dir)?)).await?;
    let pending = db.pending_migrations().await?;
    db.close().await;
    let kind = if settings.database.url.is_some() { "as configured" } else { "SQLite in the data folder" };
    match pending.len() {
        0 => Ok(format!("{kind}, schema up to date")),
        count => Ok(format!("{kind}, {count} migrations run at the next start or with `telecine migrate`")),
    }
}

pub(super) async fn queues(settings: &Settings) -> anyhow::Result<String> {
    let Some(bullmq) = settings.bullmq().map_err(anyhow::Error::msg)? else {
        return Ok("the jobs table".to_owned());
    };
    match eviction_policy(&bullmq).await {
        Ok(EvictionPolicy::Keeps) => Ok("BullMQ on Redis, which drops nothing".to_owned()),
        Ok(EvictionPolicy::Unknown) => {
            Ok("BullMQ on a Redis that does not tell its maxmemory-policy; it has to be noeviction"
                .to_owned())
        }
        Ok(EvictionPolicy::Drops(policy)) => bail!(
            "Redis may drop jobs when its memory is full: its maxmemory-policy is {policy}. Run `redis-cli config set \
             maxmemory-policy noeviction` and write it into redis.conf, or set jobs.engine=table"
        ),
        Err(error) => bail!("Redis does not answer ({error}); jobs wait in the database until it does"),
    }
}

pub(super) async fn ffmpeg(settings: &Settings) -> anyhow::Result<String> {
    let version = version(settings, &settings.video.ffmpeg).await?;
    let encoders = output(settings, &settings.video.ffmpeg, &["-hide_banner", "-encoders"]).await?;
    let is_there = |name: &&str| encoders.lines().any(|line| line.split_whitespace().nth(1) == Some(*name));
    if let Some(missing) = ENCODERS.iter().find(|name| !is_there(name)) {
        bail!("{version} has no encoder {missing}; install your distribution's full ffmpeg");
    }
    Ok(format!("{version} with {}", ENCODERS.join(", ")))
}

pub(super) async fn ffprobe(settings: &Settings) -> anyhow::Result<String> {
    version(settings, &settings.video.ffprobe).await
}

/// What ffmpeg and ffprobe are kept from. Its absence is told and is no failure: their limits and allow-lists hold.
pub(super) fn sandbox() -> String {
    let Confinement { files, network } = Confinement::here();
    let files = if files {
        "files closed by Landlock"
    } else {
        "files NOT closed (Landlock needs Linux 5.13 with lsm=landlock)"
    };
    let network = if network { "network closed by seccomp" } else { "network NOT closed (no seccomp here)" };
    format!("ffmpeg and ffprobe: {files}, {network}; limits and allow-lists always")
}

pub(super) async fn storage(settings: &Settings) -> anyhow::Result<String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    if settings.storage.endpoint.is_some() {
        let storage = Storage::connect(settings, clock).await?;
        return write_and_read(&storage)
            .await
            .map(|()| format!("{}: written, read and removed an object", storage.place()));
    }
    if platform::is_in_use(&settings.data_dir) {
        return Ok("embedded, in use by the server that runs on this data folder".to_owned());
    }
    let storage = Storage::for_command(settings, clock).await?;
    let checked = write_and_read(&storage).await;
    storage.stop().await;
    checked.map(|()| "embedded, in the data folder: written, read and removed an object".to_owned())
}

pub(super) async fn address(settings: &Settings) -> anyhow::Result<String> {
    let address = SocketAddr::new(settings.server.bind, settings.server.port);
    if platform::is_in_use(&settings.data_dir) {
        return Ok(format!("{address}, a server runs on this data folder"));
    }
    platform::bind(address, "server.port (PORT)").await?;
    Ok(format!("{address} is free"))
}

async fn write_and_read(storage: &Storage) -> anyhow::Result<()> {
    let store = &storage.store;
    store.put_bytes(PROBE_KEY, "text/plain", None, Bytes::from_static(b"telecine")).await?;
    let read = store.get_bytes(PROBE_KEY, 100).await?;
    store.delete(PROBE_KEY).await?;
    if read.as_ref() != b"telecine" {
        bail!("the object read back differs from the one written");
    }
    Ok(())
}

async fn version(settings: &Settings, program: &Path) -> anyhow::Result<String> {
    let text = output(settings, program, &["-hide_banner", "-version"]).await?;
    let mut words = text.split_whitespace();
    let (name, version) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
    Ok(format!("{name} {version}"))
}

/// Runs a tool as jobs do: looked up in the same folders, in an empty one, with the same memory.
async fn output(settings: &Settings, program: &Path, args: &[&str]) -> anyhow::Result<String> {
    let advice = || {
        format!(
            "{} cannot be used; install ffmpeg (Debian: apt-get install ffmpeg) or set video.ffmpeg and video.ffprobe",
            program.display()
        )
    };
    let folder = tempfile::tempdir()?;
    let memory = Some(settings.video.max_memory_bytes);
    let limits = Limits { wall: Some(TOOL_TIMEOUT), address_space_bytes: memory, ..Limits::default() };
    let running =
        Command::new(program, folder.path()).args(args.iter().copied()).limits(limits).spawn().await;
    let outcome = running.with_context(advice)?.wait(&CancellationToken::new()).await;
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    if outcome.ending != Ending::Exited(0) || text.is_empty() {
        bail!("{}: {}", advice(), outcome.stderr_tail.lines().last().unwrap_or("it said nothing"));
    }
    Ok(text)
}
