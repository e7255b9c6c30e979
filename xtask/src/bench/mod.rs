//! Benchmarks: each prints a table beside its peer, both measured alternating in one run, processor time first because
//! machines are shared and wall time is not.

mod images;
mod import;
pub(crate) mod jobs;
mod process;
mod start;
mod storage;
mod table;
mod video;
mod web;

use std::path::Path;

use anyhow::Context;
use clap::ValueEnum;
use serde_json::Value;

/// The benchmarks.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Name {
    /// Starting the whole platform, and what it costs while nothing happens
    Start,
    /// Adding and working off jobs on each engine, beside the npm package of BullMQ
    Jobs,
    /// Images made smaller, beside npm's sharp
    Images,
    /// Episodes from elsewhere into storage
    Import,
    /// Signing and caching addresses, bytes through the embedded endpoint, remote files side by side
    Storage,
    /// The whole video pipeline beside one ffmpeg per output and x264 alone; how soon a video plays
    Video,
    /// What the pages weigh, how soon they show something, and the player on good and bad lines
    Web,
}

/// Runs a benchmark, prints its table, and writes its figures.
pub(crate) fn run(name: Name, file: Option<&Path>, json: Option<&Path>) -> anyhow::Result<()> {
    let figures: Value = match name {
        Name::Jobs => jobs::run()?,
        Name::Images => images::run(file)?,
        Name::Import => import::run()?,
        Name::Start => start::run()?,
        Name::Storage => storage::run()?,
        Name::Video => video::run(file)?,
        Name::Web => web::run()?,
    };
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
