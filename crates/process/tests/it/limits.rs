//! Every limit ends a child in its own recognisable way.

use std::time::Duration;

use telecine_process::{Ending, Limits};
use tokio_util::sync::CancellationToken;

use crate::support::{WAIT_FOR_EVER, is_alive, run, shell, start};

#[tokio::test]
async fn the_wall_limit_ends_a_child_that_stays() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits { wall: Some(Duration::from_secs(3600)), ..Limits::default() };
    let (running, _) = start(&dir, WAIT_FOR_EVER, limits).await;
    let pid = running.id();
    tokio::time::pause();
    assert_eq!(running.wait(&CancellationToken::new()).await.ending, Ending::TimedOut);
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_child_that_says_nothing_is_ended_as_silent() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits { silence: Some(Duration::from_secs(60)), ..Limits::default() };
    let (running, _) = start(&dir, WAIT_FOR_EVER, limits).await;
    tokio::time::pause();
    assert_eq!(running.wait(&CancellationToken::new()).await.ending, Ending::Silent);
}

#[tokio::test]
async fn a_silent_child_that_computes_is_let_go_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits =
        Limits { silence: Some(Duration::from_millis(900)), cpu_seconds: Some(1), ..Limits::default() };
    let outcome = run(shell(&dir, "while :; do :; done").limits(limits)).await;
    assert_eq!(outcome.ending, Ending::CpuLimit);
}

#[tokio::test]
async fn using_up_the_processor_time_is_told_apart_from_a_kill() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits { cpu_seconds: Some(1), ..Limits::default() };
    let outcome = run(shell(&dir, "while :; do :; done").limits(limits)).await;
    assert_eq!(outcome.ending, Ending::CpuLimit);
    // ffmpeg catches the signal and exits with a code of its own.
    let outcome = run(shell(&dir, "trap 'exit 255' XCPU; while :; do :; done").limits(limits)).await;
    assert_eq!(outcome.ending, Ending::CpuLimit);
}

#[tokio::test]
async fn limits_reach_the_child() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits {
        cpu_seconds: Some(77),
        address_space_bytes: Some(512 * 1024 * 1024),
        file_size_bytes: Some(4096),
        ..Limits::default()
    };
    let script = "ulimit -t; ulimit -v; ulimit -c; nice; head -c 9000 /dev/zero >big 2>/dev/null; wc -c <big";
    let outcome = run(shell(&dir, script).limits(limits)).await;
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "77\n524288\n0\n10\n4096\n");
}

#[tokio::test]
async fn stdout_beyond_its_cap_is_dropped_and_does_not_block_the_child() {
    let dir = tempfile::tempdir().expect("a directory");
    let outcome = run(shell(&dir, "head -c 3000000 /dev/zero").stdout_cap_bytes(1000)).await;
    assert!(outcome.is_success());
    assert_eq!((outcome.stdout.len(), outcome.is_stdout_cut), (1000, true));
}

#[tokio::test]
async fn stderr_keeps_its_last_64_kib() {
    let dir = tempfile::tempdir().expect("a directory");
    let outcome = run(shell(&dir, "head -c 200000 /dev/zero | tr '\\0' x >&2; echo last >&2")).await;
    assert_eq!(outcome.stderr_tail.len(), 64 * 1024);
    assert!(outcome.stderr_tail.ends_with("xlast\n"));
}
