//! A Redis of Debian on a free port in a temporary folder, without persistence or with its log of writes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::child::{OwnedChild, owned};
use crate::postgres::free_port;

const SERVER: &str = "/usr/bin/redis-server";
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether a server's data survive its death.
#[derive(Debug, Clone, Copy)]
enum Persistence {
    None,
    /// Every write is on disk before it is answered.
    Always,
    /// Writes are on disk a second later, as most servers are set up.
    EverySecond,
}

/// A running server.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    persistence: Persistence,
    // Ended before its folder goes.
    server: OwnedChild,
    folder: TempDir,
}

impl Redis {
    /// Starts a server without persistence; `None`, with the reason printed, where it is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(Persistence::None)
    }

    /// Starts a server that has its data again after [`killed_and_started_again`](Redis::killed_and_started_again).
    pub fn start_persistent() -> Option<Self> {
        Self::start_with(Persistence::Always)
    }

    /// Starts a server as it is set up for BullMQ in production, with its log synced once a second.
    pub fn start_as_in_production() -> Option<Self> {
        Self::start_with(Persistence::EverySecond)
    }

    fn start_with(persistence: Persistence) -> Option<Self> {
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
        let server = start(port, persistence, folder.path());
        Some(Self { port, persistence, server, folder })
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

    /// Sends one command on a connection of its own, such as `["FLUSHALL"]`; the answer as Redis sends it.
    pub fn command(&self, words: &[&str]) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).expect("Redis listens");
        connection.set_read_timeout(Some(ANSWER_TIMEOUT)).expect("a timeout");
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        connection.write_all(request.as_bytes()).expect("Redis reads");
        let mut answer = [0; 4096];
        let length = connection.read(&mut answer).expect("Redis answers");
        String::from_utf8_lossy(&answer[..length]).trim_end().to_owned()
    }

    /// Forgets everything.
    pub fn flush_all(&self) {
        assert_eq!(self.command(&["FLUSHALL"]), "+OK");
    }

    /// Ends it as a power cut would, and starts it again on the same port; empty, unless it is persistent.
    #[must_use]
    pub fn killed_and_started_again(self) -> Self {
        let Self { port, persistence, server, folder } = self;
        server.kill();
        let server = start(port, persistence, folder.path());
        Self { port, persistence, server, folder }
    }

    /// Ends it as a power cut would.
    pub fn kill(self) {
        self.server.kill();
    }
}

fn start(port: u16, persistence: Persistence, folder: &Path) -> OwnedChild {
    let mut command = owned(SERVER);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
    match persistence {
        Persistence::None => command.args(["--appendonly", "no"]),
        Persistence::Always => command.args(["--appendonly", "yes", "--appendfsync", "always"]),
        Persistence::EverySecond => command.args(["--appendonly", "yes", "--appendfsync", "everysec"]),
    };
    let mut server = OwnedChild::spawn(command.current_dir(folder).stdout(Stdio::piped()));
    let stdout = BufReader::new(server.0.stdout.take().expect("piped"));
    let is_ready = stdout.lines().map_while(Result::ok).any(|line| line.contains("Ready to accept"));
    assert!(is_ready, "Redis ended before it was ready");
    server
}
