//! Child processes that end with the test, however it ends.

use std::process::{Child, Command};

/// A child that is killed when dropped, and by the kernel when this process dies.
#[derive(Debug)]
pub struct OwnedChild(pub Child);

impl OwnedChild {
    /// Starts `command` so that it dies with this process.
    pub fn spawn(command: &Command) -> Self {
        let mut owned = Command::new("setpriv");
        owned.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => owned.env(name, value),
                None => owned.env_remove(name),
            };
        }
        if let Some(dir) = command.get_current_dir() {
            owned.current_dir(dir);
        }
        owned.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        Self(owned.spawn().expect("setpriv is part of Debian's base system"))
    }

    /// The process id.
    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.0)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        // It may be gone already.
        let _ = rustix::process::kill_process(self.pid(), signal);
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
