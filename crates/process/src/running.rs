//! A child that runs: its pipes, and waiting for its end in whichever way it comes.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::activity::Activity;
use crate::capture::{Head, Tail};
use crate::command::Command;
use crate::cpu;
use crate::group::KillOnDrop;
use crate::outcome::{Ending, Outcome};
use crate::pipe::PipeReader;
use crate::spawn::Exit;

/// Bytes of stderr kept: the last ones, where tools say why they gave up.
const STDERR_TAIL_BYTES: usize = 64 * 1024;

/// Time between asking (TERM) and forcing (KILL).
const TERM_GRACE: Duration = Duration::from_secs(3);

/// Time for the rest of stdout and stderr after the end; only a process that left the group can still hold them open.
const DRAIN_GRACE: Duration = Duration::from_secs(1);

/// The kernel sends SIGXCPU by one count of the time used and reports another, rounded to clock ticks.
const CPU_ACCOUNTING_SLACK: Duration = Duration::from_millis(200);

/// A started child. Dropping it kills the whole process group.
#[derive(Debug)]
pub struct Running {
    pub(crate) pid: Pid,
    pub(crate) group: KillOnDrop,
    pub(crate) exited: oneshot::Receiver<Exit>,
    pub(crate) stdout: PipeReader,
    pub(crate) stderr: PipeReader,
    pub(crate) pipes: Vec<(i32, PipeReader)>,
    pub(crate) socket: Option<UnixStream>,
    pub(crate) activity: Activity,
    pub(crate) command: Command,
}

impl Running {
    /// The process id, which is also the id of its group.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Our end of the pipe the child knows as `fd`; `None` when there is none or it was taken before. Pipes not taken
    /// are closed by [`wait`](Self::wait).
    #[must_use]
    pub fn take_pipe(&mut self, fd: i32) -> Option<PipeReader> {
        let index = self.pipes.iter().position(|(number, _)| *number == fd)?;
        Some(self.pipes.swap_remove(index).1)
    }

    /// Our end of the socket; `None` when the command asked for none or it was taken before. One that is not taken is closed by
    /// [`wait`](Self::wait).
    #[must_use]
    pub fn take_socket(&mut self) -> Option<UnixStream> {
        self.socket.take()
    }

    /// The handle to the silence watchdog.
    #[must_use]
    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// Waits for the end, keeping the limits. Read the pipes meanwhile: a full pipe stops the child.
    /// On return no process of the group is left; dropping the future kills the group too.
    pub async fn wait(self, cancel: &CancellationToken) -> Outcome {
        let Self { pid, group, mut exited, stdout, stderr, pipes, socket, activity, command } = self;
        drop((pipes, socket));
        let mut head = Head::new(command.stdout_cap_bytes);
        let mut tail = Tail::new(STDERR_TAIL_BYTES);
        let is_over = CancellationToken::new();
        let end = async {
            let _end = is_over.clone().drop_guard();
            let verdict = tokio::select! {
                biased;
                exit = &mut exited => return (None, exit.ok()),
                () = cancel.cancelled() => Ending::Cancelled,
                () = wall_limit(command.limits.wall) => Ending::TimedOut,
                () = silence_limit(&activity, command.limits.silence, pid) => Ending::Silent,
            };
            (Some(verdict), end_group(&group, &mut exited).await)
        };
        let drain = async {
            tokio::select! {
                _ = async { tokio::join!(head.fill(stdout), tail.fill(stderr)) } => {}
                () = async { is_over.cancelled().await; sleep(DRAIN_GRACE).await } => {}
            }
        };
        let ((verdict, exit), ()) = tokio::join!(end, drain);
        Outcome {
            ending: verdict.unwrap_or_else(|| classify(exit.as_ref(), command.limits.cpu_seconds)),
            stdout: head.bytes,
            is_stdout_cut: head.is_cut,
            stderr_tail: tail.into_text(),
        }
    }
}

async fn wall_limit(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep_until(Instant::now() + limit).await,
        None => std::future::pending().await,
    }
}

async fn silence_limit(activity: &Activity, limit: Option<Duration>, pid: Pid) {
    match limit {
        Some(limit) => activity.silent_for(limit, || cpu::used(pid)).await,
        None => std::future::pending().await,
    }
}

/// Asks the group to end, then forces it. ffmpeg blocked in a system call was seen to ignore TERM.
async fn end_group(group: &KillOnDrop, exited: &mut oneshot::Receiver<Exit>) -> Option<Exit> {
    group.0.signal(Signal::TERM);
    if let Ok(exit) = timeout(TERM_GRACE, &mut *exited).await {
        return exit.ok();
    }
    group.0.signal(Signal::KILL);
    exited.await.ok()
}

/// What an end that we did not ask for means. The time used decides about the CPU limit, because a tool may catch
/// SIGXCPU and exit with a code of its own, as ffmpeg does.
fn classify(exit: Option<&Exit>, cpu_seconds: Option<u64>) -> Ending {
    let Some(Exit { status: Ok(status), cpu }) = exit else {
        return Ending::Signalled(Signal::KILL.as_raw());
    };
    let limit = cpu_seconds.map(Duration::from_secs);
    let is_spent = cpu.zip(limit).is_some_and(|(used, limit)| used + CPU_ACCOUNTING_SLACK >= limit);
    if !status.success() && (is_spent || status.signal() == Some(Signal::XCPU.as_raw())) {
        return Ending::CpuLimit;
    }
    ending(*status)
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, Some(signal)) => Ending::Signalled(signal),
        (None, None) => Ending::Signalled(Signal::KILL.as_raw()),
    }
}
