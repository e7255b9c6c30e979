//! Starting a child: the thread that spawns, watches and reaps it, and what happens between fork and exec.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use rustix::process::{Pid, WaitId, WaitIdOptions, getppid, waitid};
use tokio::sync::oneshot;

use crate::activity::Activity;
use crate::command::{Command, SpawnError};
use crate::cpu;
use crate::group::{Group, KillOnDrop};
use crate::limits::Limits;
use crate::pipe::PipeReader;
use crate::running::Running;
use crate::sandbox::{SEARCH_PATH, Sandbox};

/// What the watching thread saw at the end.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) status: io::Result<ExitStatus>,
    /// Processor time of the whole child, where the system tells.
    pub(crate) cpu: Option<Duration>,
}

pub(crate) async fn spawn(command: Command) -> Result<Running, SpawnError> {
    let activity = Activity::new();
    let refused = |source| SpawnError::Refused { program: command.program.clone(), source };
    std::fs::metadata(&command.working_dir).map_err(SpawnError::WorkingDirectory)?;
    let (stdout, child_stdout) = PipeReader::open(&activity).map_err(refused)?;
    let (stderr, child_stderr) = PipeReader::open(&activity).map_err(refused)?;
    let mut pipes = Vec::new();
    let mut mappings = Vec::new();
    for &child_fd in &command.pipes {
        let (ours, parent_fd) = PipeReader::open(&activity).map_err(refused)?;
        pipes.push((child_fd, ours));
        mappings.push(FdMapping { parent_fd, child_fd });
    }
    let (socket, stdin) =
        if command.has_socket { open_socket().map_err(refused)? } else { (None, Stdio::null()) };
    let mut prepared = prepare(&command, child_stdout, child_stderr, mappings).map_err(refused)?;
    prepared.stdin(stdin);
    let (started, group) = oneshot::channel();
    let (ended, exited) = oneshot::channel();
    thread::Builder::new()
        .name("child-watch".to_owned())
        .spawn(move || run(prepared, started, ended))
        .map_err(refused)?;
    // The thread always answers; it going away unheard would be a panic inside it.
    let answer = group.await.unwrap_or_else(|_| Err(io::Error::other("the watching thread ended")));
    let (pid, group) = answer.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SpawnError::NotFound { program: command.program.clone() },
        _ => refused(source),
    })?;
    Ok(Running { pid, group, exited, stdout, stderr, pipes, socket, activity, command })
}

/// Our end, and the child's as its stdin.
fn open_socket() -> io::Result<(Option<tokio::net::UnixStream>, Stdio)> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((Some(tokio::net::UnixStream::from_std(ours)?), Stdio::from(OwnedFd::from(theirs))))
}

fn prepare(
    command: &Command,
    stdout: OwnedFd,
    stderr: OwnedFd,
    mappings: Vec<FdMapping>,
) -> io::Result<std::process::Command> {
    let mut prepared = std::process::Command::new(&command.program);
    prepared
        .args(&command.args)
        .current_dir(&command.working_dir)
        .env_clear()
        .env("PATH", SEARCH_PATH)
        .env("LC_ALL", "C")
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .fd_mappings(mappings)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    confine(&mut prepared, command.limits, Sandbox::of(command)?);
    Ok(prepared)
}

#[expect(
    unsafe_code,
    reason = "limits, sandbox and parent-death signal can only be set between fork and exec"
)]
fn confine(prepared: &mut std::process::Command, limits: Limits, mut sandbox: Sandbox) {
    let parent = Pid::from_raw(std::process::id().cast_signed());
    // SAFETY: the closure runs in the forked child, where only async-signal-safe work is allowed. It makes system
    // calls on values made before the fork: no allocation, no lock, no other memory.
    unsafe {
        prepared.pre_exec(move || {
            limits.apply()?;
            die_with_parent(parent)?;
            sandbox.enter().map(|_| ())
        });
    }
}

#[cfg(target_os = "linux")]
fn die_with_parent(parent: Option<Pid>) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // A parent that died before the call above sends nothing any more.
    if getppid() != parent { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(parent: Option<Pid>) -> io::Result<()> {
    if getppid() != parent { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}

type Started = io::Result<(Pid, KillOnDrop)>;

/// The life of the watching thread.
fn run(mut prepared: std::process::Command, started: oneshot::Sender<Started>, ended: oneshot::Sender<Exit>) {
    let spawned = prepared.spawn();
    // Our copies of the child's pipe ends go here; otherwise the readers would never see the end.
    drop(prepared);
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let Some(pid) = Pid::from_raw(child.id().cast_signed()) else {
        return;
    };
    let group = Group::led_by(pid);
    // When nobody waits for the answer any more, the guard comes back and its drop kills the child.
    drop(started.send(Ok((pid, KillOnDrop(group.clone())))));
    let waited =
        rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
    debug_assert!(waited.is_ok(), "nobody else reaps this child");
    let cpu = cpu::used(pid);
    group.close();
    let _ = ended.send(Exit { status: child.wait(), cpu });
}
