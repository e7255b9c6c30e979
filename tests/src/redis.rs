//! A Redis of Debian on a free port in a temporary folder, without persistence.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::child::{OwnedChild, owned};
use crate::postgres::free_port;

const SERVER: &str = "/usr/bin/redis-server";

/// A running server without data.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    // Ended before its folder goes.
    server: OwnedChild,
    folder: TempDir,
}

impl Redis {
    /// Starts a server; `None`, with the reason printed, where it is not installed.
    pub fn start() -> Option<Self> {
        if !Path::new(SERVER).exists() {
            assert!(
                !crate::is_ci(),
                "no test on Redis: {SERVER} is not there (apt-get install redis-server)"
            );
            println!("skipped on Redis: {SERVER} is not there (apt-get install redis-server)");
            return None;
        }
        let folder =
            tempfile::Builder::new().prefix("telecine-redis-").tempdir().expect("a temporary folder");
        let port = free_port();
        let server = start(port, folder.path());
        Some(Self { port, server, folder })
    }

    /// The address for `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Lets it hang: connections stay open, nothing is answered.
    pub fn freeze(&self) {
        self.server.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.server.signal(Signal::CONT);
    }

    /// Ends it as a power cut would, and starts it again on the same port, empty.
    #[must_use]
    pub fn killed_and_started_again(self) -> Self {
        let Self { port, server, folder } = self;
        server.kill();
        let server = start(port, folder.path());
        Self { port, server, folder }
    }

    /// Ends it as a power cut would.
    pub fn kill(self) {
        self.server.kill();
    }
}

fn start(port: u16, folder: &Path) -> OwnedChild {
    let mut command = owned(SERVER);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    let mut server = OwnedChild::spawn(command.current_dir(folder).stdout(Stdio::piped()));
    let stdout = BufReader::new(server.0.stdout.take().expect("piped"));
    let is_ready = stdout.lines().map_while(Result::ok).any(|line| line.contains("Ready to accept"));
    assert!(is_ready, "Redis ended before it was ready");
    server
}
