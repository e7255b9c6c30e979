//! A PostgreSQL of Debian on a free port in a temporary folder.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::child::{OwnedChild, owned};

const BIN: &str = "/usr/lib/postgresql/15/bin";

/// A running server with an empty database.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    // Ended before its folder goes.
    _server: OwnedChild,
    _folder: TempDir,
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

    fn start_with(options: &[&str]) -> Option<Self> {
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
        let sockets = folder.path().to_owned();
        let server = OwnedChild::spawn(&mut as_postgres(
            "postgres",
            &[
                &["-D", path(&data), "-p", &port.to_string(), "-h", "127.0.0.1", "-k", path(&sockets)],
                options,
            ]
            .concat(),
        ));
        wait_until_ready(port);
        Some(Self { port, _server: server, _folder: folder })
    }

    /// The address for `DATABASE_URL`.
    pub fn url(&self) -> String {
        format!("postgresql://telecine@127.0.0.1:{}/postgres", self.port)
    }
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
