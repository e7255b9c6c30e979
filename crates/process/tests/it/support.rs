//! Real shells, and whether they are still there.

use std::time::Duration;

use rustix::process::{Pid, test_kill_process};
use telecine_process::{Command, Limits, Outcome, Running};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;

/// Prints `ready` on descriptor 3 and then waits for ever without using the processor.
pub(crate) const WAIT_FOR_EVER: &str = "echo ready >&3; while :; do sleep 1000; done";

pub(crate) fn shell(dir: &TempDir, script: &str) -> Command {
    Command::new("/bin/sh", dir.path()).args(["-c", script])
}

pub(crate) async fn run(command: Command) -> Outcome {
    command.spawn().await.expect("the shell starts").wait(&CancellationToken::new()).await
}

/// Starts a script that reports on descriptor 3 and returns once its first line, returned as well, is there.
pub(crate) async fn start(dir: &TempDir, script: &str, limits: Limits) -> (Running, String) {
    let mut running = shell(dir, script).limits(limits).pipe(3).spawn().await.expect("the shell starts");
    let mut pipe = running.take_pipe(3).expect("the pipe was asked for");
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        line.push(pipe.read_u8().await.expect("the script reports"));
    }
    (running, String::from_utf8(line).expect("text").trim().to_owned())
}

pub(crate) fn is_alive(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid).is_ok()) && !is_zombie(pid)
}

/// A killed orphan may wait to be reaped by init, which a container need not have.
fn is_zombie(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

pub(crate) async fn until_gone(pid: i32) {
    tokio::time::timeout(Duration::from_secs(10), async {
        while is_alive(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the process goes away");
}
