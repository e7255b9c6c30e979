//! A PostgreSQL of Debian on a free port in a temporary folder.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::child::{OwnedChild, owned};

const BIN: &str = "/usr/lib/postgresql/15/bin";

/// A running server with an empty database.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    // Ended before its folder goes.
    server: OwnedChild,
    folder: TempDir,
    options: &'static [&'static str],
}

impl Postgres {
    /// Starts a server; `None`, with the reason printed, where Debian's PostgreSQL 15 is not installed.
    pub fn start() -> Option<Self> {
        // -F: nobody cuts the power here.
        Self::start_with(&["-F"])
    }

    /// The same, with commits that survive a power cut: for measurements.
    pub fn start_durable() -> Option<Self> {
        Self::start_with(&[])
    }

    fn start_with(options: &'static [&'static str]) -> Option<Self> {
        if !Path::new(BIN).join("postgres").exists() {
            println!("skipped on PostgreSQL: {BIN}/postgres is not there (apt-get install postgresql-15)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("telecine-pg-").tempdir().expect("a temporary folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).expect("permissions");
        let data = folder.path().join("data");
        let initdb = as_postgres(
            "initdb",
            &["-D", path(&data), "-U", "telecine", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
        )
        .output();
        let initdb = initdb.expect("initdb runs");
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
        let port = free_port();
        let server = start(port, folder.path(), options);
        Some(Self { port, server, folder, options })
    }

    /// Ends it as a power cut would, and starts it again on the same port with its data.
    #[must_use]
    pub fn killed_and_started_again(self) -> Self {
        let Self { port, mut server, folder, options } = self;
        // An immediate shutdown: every process of it stops where it is, and the next start recovers from the log.
        server.signal(Signal::QUIT);
        server.0.wait().expect("the process ends");
        let server = start(port, folder.path(), options);
        Self { port, server, folder, options }
    }

    /// The address for `DATABASE_URL`.
    pub fn url(&self) -> String {
        format!("postgresql://telecine@127.0.0.1:{}/postgres", self.port)
    }
}

fn start(port: u16, folder: &Path, options: &[&str]) -> OwnedChild {
    let (data, port_text) = (folder.join("data"), port.to_string());
    let place = ["-D", path(&data), "-p", &port_text, "-h", "127.0.0.1", "-k", path(folder)];
    let server = OwnedChild::spawn(&mut as_postgres("postgres", &[&place, options].concat()));
    wait_until_ready(port);
    server
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: &str, args: &[&str]) -> Command {
    let program = PathBuf::from(BIN).join(program);
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = owned("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig", "KILL", "--"])
            .arg(program);
        command
    } else {
        owned(program)
    };
    command.args(args).current_dir("/");
    command
}

fn wait_until_ready(port: u16) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        let ready = Command::new(PathBuf::from(BIN).join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
            .status();
        if ready.is_ok_and(|status| status.success()) {
            return;
        }
    }
    panic!("PostgreSQL did not become ready within 30 s");
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a readable path")
}
