//! Child processes that end with the test, however it ends.

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A child that is killed when dropped, and by the kernel when this process dies.
#[derive(Debug)]
pub struct OwnedChild(pub Child);

/// A command whose process dies with this one. Of the environment it gets only `PATH`: scripts/test puts the tools that
/// it has installed there.
pub fn owned(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl OwnedChild {
    /// Starts the command.
    pub fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().expect("the program starts; setpriv is part of Debian's base system"))
    }

    /// Sends a signal; the process may be gone already.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.0), signal);
    }

    /// Asks the process to end, and waits until it has.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.0.wait().expect("the process ends")
    }

    /// Ends the process as a power cut would.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        let _ = self.0.wait();
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
