//! No process is left behind, whoever goes away first.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use telecine_process::{Command, Ending, Limits};
use tokio_util::sync::CancellationToken;

use crate::support::{WAIT_FOR_EVER, is_alive, start, until_gone};

#[tokio::test]
async fn cancelling_ends_the_whole_group() {
    let dir = tempfile::tempdir().expect("a directory");
    let script = "sleep 1000 & echo $! >&3; wait";
    let (running, grandchild) = start(&dir, script, Limits::default()).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(running.wait(&cancel).await.ending, Ending::Cancelled);
    until_gone(grandchild.parse().expect("a pid")).await;
}

#[tokio::test]
async fn dropping_a_running_child_leaves_no_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let (running, grandchild) = start(&dir, "sleep 1000 & echo $! >&3; wait", Limits::default()).await;
    let pid = running.id();
    drop(running);
    until_gone(pid).await;
    until_gone(grandchild.parse().expect("a pid")).await;
}

#[tokio::test]
async fn dropping_the_wait_leaves_no_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let (running, _) = start(&dir, WAIT_FOR_EVER, Limits::default()).await;
    let pid = running.id();
    let cancel = CancellationToken::new();
    tokio::select! {
        biased;
        _ = running.wait(&cancel) => panic!("it waits for ever"),
        () = std::future::ready(()) => {}
    }
    until_gone(pid).await;
}

#[tokio::test]
async fn what_a_child_leaves_in_its_group_ends_with_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let (running, grandchild) = start(&dir, "sleep 1000 >&- 2>&- & echo $! >&3", Limits::default()).await;
    assert!(running.wait(&CancellationToken::new()).await.is_success());
    until_gone(grandchild.parse().expect("a pid")).await;
}

/// Runs this very test file as a parent that starts a child and is killed.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_killed_parent_leaves_no_child() {
    let dir = tempfile::tempdir().expect("a directory");
    let me = std::env::current_exe().expect("a path");
    let args = ["--exact", "leftovers::parent_that_gets_killed", "--ignored", "--nocapture"];
    let parent = Command::new(me, dir.path()).args(args).spawn().await.expect("it starts");
    let pid_file = dir.path().join("pid");
    let child =
        tokio::time::timeout(Duration::from_secs(20), read_pid(&pid_file)).await.expect("the child reports");
    kill_process(Pid::from_raw(parent.id()).expect("a pid"), Signal::KILL).expect("it runs");
    assert_eq!(parent.wait(&CancellationToken::new()).await.ending, Ending::Signalled(9));
    until_gone(child).await;
}

#[tokio::test]
#[ignore = "started and killed by a_killed_parent_leaves_no_child"]
async fn parent_that_gets_killed() {
    // The signal reaches the child alone, so it must not have children of its own that this test would leave behind.
    let script = "echo $$ >pid.new; mv pid.new pid; exec sleep 1000";
    let running = Command::new("/bin/sh", ".").args(["-c", script]).spawn().await.expect("the shell starts");
    running.wait(&CancellationToken::new()).await;
}

#[tokio::test]
async fn a_child_that_ignores_term_is_killed_after_the_grace() {
    let dir = tempfile::tempdir().expect("a directory");
    let (running, _) = start(&dir, &format!("trap '' TERM; {WAIT_FOR_EVER}"), Limits::default()).await;
    let (pid, cancel) = (running.id(), CancellationToken::new());
    cancel.cancel();
    tokio::time::pause();
    assert_eq!(running.wait(&cancel).await.ending, Ending::Cancelled);
    assert!(!is_alive(pid));
}

async fn read_pid(file: &Path) -> i32 {
    loop {
        if let Some(pid) = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()) {
            return pid;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
