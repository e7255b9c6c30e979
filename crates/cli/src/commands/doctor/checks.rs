//! The checks. Each answers what it saw, or an error that says what to do.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, bail};
use telecine_app::doctor::write_and_read;
use telecine_db::Db;
use telecine_model::{Clock, SystemClock};
use telecine_queue::{EvictionPolicy, eviction_policy};
use telecine_video::doctor::{check_ffmpeg, check_ffprobe};

use crate::platform::{self, Storage};
use crate::settings::Settings;

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
    let folder = tempfile::tempdir()?;
    Ok(check_ffmpeg(&settings.video, folder.path()).await?)
}

pub(super) async fn ffprobe(settings: &Settings) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    Ok(check_ffprobe(&settings.video, folder.path()).await?)
}

pub(super) async fn storage(settings: &Settings) -> anyhow::Result<String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    if settings.storage.endpoint.is_some() {
        let storage = Storage::connect(settings, clock).await?;
        write_and_read(&storage.store).await?;
        return Ok(format!("{}: written, read and removed an object", storage.place()));
    }
    if platform::is_in_use(&settings.data_dir) {
        return Ok("embedded, in use by the server that runs on this data folder".to_owned());
    }
    let storage = Storage::for_command(settings, clock).await?;
    let checked = write_and_read(&storage.store).await;
    storage.stop().await;
    checked?;
    Ok("embedded, in the data folder: written, read and removed an object".to_owned())
}

pub(super) async fn address(settings: &Settings) -> anyhow::Result<String> {
    let address = SocketAddr::new(settings.server.bind, settings.server.port);
    if platform::is_in_use(&settings.data_dir) {
        return Ok(format!("{address}, a server runs on this data folder"));
    }
    platform::bind(address, "server.port (PORT)").await?;
    Ok(format!("{address} is free"))
}
