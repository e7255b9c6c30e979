//! How a child ends by itself or is kept from starting, and what comes back from it.

use rustix::process::{Pid, Signal, kill_process};
use telecine_process::{Command, Ending, Limits, SpawnError};
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;

use crate::support::{WAIT_FOR_EVER, run, shell, start};

#[tokio::test]
async fn an_exit_code_and_both_outputs_come_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let outcome = run(shell(&dir, "echo out; echo err >&2; exit 7")).await;
    assert_eq!(outcome.ending, Ending::Exited(7));
    assert!(!outcome.is_success());
    assert_eq!(outcome.stdout, b"out\n");
    assert_eq!(outcome.last_lines(5), "err");
}

#[tokio::test]
async fn the_child_sees_only_its_own_environment_an_empty_stdin_and_the_given_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let outcome = run(shell(
        &dir,
        "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | cut -d= -f1 | sort; cat; pwd -P",
    ))
    .await;
    let here = dir.path().canonicalize().expect("a path");
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), format!("LC_ALL\nPATH\n{}\n", here.display()));
}

#[tokio::test]
async fn a_missing_program_and_a_missing_directory_are_told_apart() {
    let dir = tempfile::tempdir().expect("a directory");
    let missing = Command::new("no-such-tool-here", dir.path()).spawn().await;
    assert!(matches!(missing, Err(SpawnError::NotFound { .. })), "{missing:?}");
    let nowhere = Command::new("/bin/sh", dir.path().join("gone")).spawn().await;
    assert!(matches!(nowhere, Err(SpawnError::WorkingDirectory(_))), "{nowhere:?}");
}

#[tokio::test]
async fn a_program_that_may_not_be_executed_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let refused = Command::new(dir.path(), dir.path()).spawn().await;
    assert!(matches!(refused, Err(SpawnError::Refused { .. })), "{refused:?}");
}

#[tokio::test]
async fn every_pipe_arrives_under_its_number_and_ends_with_the_child() {
    let dir = tempfile::tempdir().expect("a directory");
    let script = "head -c 2000000 /dev/zero >&5; echo six >&6";
    let mut running = shell(&dir, script).pipe(5).pipe(6).spawn().await.expect("the shell starts");
    let (mut five, mut six) = (running.take_pipe(5).expect("five"), running.take_pipe(6).expect("six"));
    assert!(running.take_pipe(5).is_none());
    let (mut zeros, mut text, cancel) = (Vec::new(), String::new(), CancellationToken::new());
    let (read, text_read, outcome) =
        tokio::join!(five.read_to_end(&mut zeros), six.read_to_string(&mut text), running.wait(&cancel));
    assert_eq!((read.ok(), text_read.ok(), text.as_str()), (Some(2_000_000), Some(4), "six\n"));
    assert!(outcome.is_success());
}

#[tokio::test]
async fn a_kill_from_outside_is_reported_as_its_signal() {
    let dir = tempfile::tempdir().expect("a directory");
    let (running, _) = start(&dir, WAIT_FOR_EVER, Limits::default()).await;
    kill_process(Pid::from_raw(running.id()).expect("a pid"), Signal::KILL).expect("it runs");
    assert_eq!(running.wait(&CancellationToken::new()).await.ending, Ending::Signalled(9));
}
