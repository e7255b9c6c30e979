//! Whether ffmpeg and ffprobe can do their work here.

use std::path::Path;
use std::time::Duration;

use telecine_process::{Command, Confinement, Ending, Limits};
use tokio_util::sync::CancellationToken;

use crate::config::VideoConfig;

/// Encoders that processing needs.
const ENCODERS: [&str; 4] = ["libx264", "aac", "mjpeg", "libwebp"];
/// A tool that does not answer within this time is not usable.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is wrong with a tool, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ToolTrouble(String);

/// The version of ffmpeg and the encoders it has; `folder` is an empty one for it to run in.
///
/// # Errors
/// [`ToolTrouble`].
pub async fn check_ffmpeg(config: &VideoConfig, folder: &Path) -> Result<String, ToolTrouble> {
    let version = version(config, &config.ffmpeg, folder).await?;
    let encoders = output(config, &config.ffmpeg, folder, &["-hide_banner", "-encoders"]).await?;
    let is_there = |name: &&str| encoders.lines().any(|line| line.split_whitespace().nth(1) == Some(*name));
    match ENCODERS.iter().find(|name| !is_there(name)) {
        Some(missing) => Err(ToolTrouble(format!(
            "{version} has no encoder {missing}; install your distribution's full ffmpeg"
        ))),
        None => Ok(format!("{version} with {}", ENCODERS.join(", "))),
    }
}

/// The version of ffprobe.
///
/// # Errors
/// [`ToolTrouble`].
pub async fn check_ffprobe(config: &VideoConfig, folder: &Path) -> Result<String, ToolTrouble> {
    version(config, &config.ffprobe, folder).await
}

/// What ffmpeg and ffprobe are kept from. Its absence is told and is no failure: their limits and allow-lists hold.
#[must_use]
pub fn sandbox() -> String {
    let Confinement { files, network } = Confinement::here();
    let files = if files {
        "files closed by Landlock"
    } else {
        "files NOT closed (Landlock needs Linux 5.13 with lsm=landlock)"
    };
    let network = if network { "network closed by seccomp" } else { "network NOT closed (no seccomp here)" };
    format!("ffmpeg and ffprobe: {files}, {network}; limits and allow-lists always")
}

async fn version(config: &VideoConfig, program: &Path, folder: &Path) -> Result<String, ToolTrouble> {
    let text = output(config, program, folder, &["-hide_banner", "-version"]).await?;
    let mut words = text.split_whitespace();
    let (name, version) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
    Ok(format!("{name} {version}"))
}

/// Runs a tool as jobs do: looked up in the same folders, in an empty one, with the same memory.
async fn output(
    config: &VideoConfig,
    program: &Path,
    folder: &Path,
    args: &[&str],
) -> Result<String, ToolTrouble> {
    let unusable = |why: &str| {
        ToolTrouble(format!(
            "{} cannot be used; install ffmpeg (Debian: apt-get install ffmpeg) or set video.ffmpeg and video.ffprobe: {why}",
            program.display()
        ))
    };
    let memory = Some(config.max_memory_bytes);
    let limits = Limits { wall: Some(TIMEOUT), address_space_bytes: memory, ..Limits::default() };
    let running = Command::new(program, folder).args(args.iter().copied()).limits(limits).spawn().await;
    let running = running.map_err(|error| unusable(&error.to_string()))?;
    let outcome = running.wait(&CancellationToken::new()).await;
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    if outcome.ending != Ending::Exited(0) || text.is_empty() {
        return Err(unusable(outcome.stderr_tail.lines().last().unwrap_or("it said nothing")));
    }
    Ok(text)
}
