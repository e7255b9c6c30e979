//! A Ceph RADOS Gateway of Debian on a free port in a temporary folder: one monitor, one store in memory, one gateway.
//! It needs no root, no manager and about 15 s to start.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use telecine_storage::embedded::Credentials;
use tempfile::TempDir;
use tokio::net::TcpStream;
use url::Url;
use uuid::Uuid;

use crate::child::{OwnedChild, owned};
use crate::postgres::free_port;

const PROGRAMS: [&str; 6] = ["monmaptool", "ceph-mon", "ceph", "ceph-osd", "radosgw", "radosgw-admin"];
const FOLDERS: [&str; 6] = ["mon", "osd", "run", "log", "rgw", "crash"];
const ACCESS_KEY: &str = "AKIATEST";
const SECRET_KEY: &str = "secretsecret";

/// Ports are taken by others now and then, and a store that comes up too early is refused by its monitor.
const STARTS: u32 = 3;
/// The gateway makes its pools before it listens.
const READY_WITHIN: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A running gateway with one user.
#[derive(Debug)]
pub struct Ceph {
    /// Where it listens.
    pub endpoint: Url,
    /// The key pair of its user.
    pub credentials: Credentials,
    // Ended before their folder goes.
    _processes: Vec<OwnedChild>,
    _folder: TempDir,
}

impl Ceph {
    /// Starts a cluster. Where Ceph is not installed: `None` with the reason printed; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        if let Some(missing) = PROGRAMS.into_iter().find(|program| !is_installed(program)) {
            let reason =
                format!("{missing} is not there (apt-get install radosgw ceph-mon ceph-osd ceph-mgr)");
            assert!(!crate::is_ci(), "no contract on Ceph: {reason}");
            println!("skipped on Ceph: {reason}");
            return None;
        }
        let mut failures = Vec::new();
        for _ in 0..STARTS {
            match try_start().await {
                Ok(ceph) => return Some(ceph),
                Err(failure) => failures.push(failure),
            }
        }
        panic!("Ceph does not start: {}", failures.join("\n"));
    }
}

async fn try_start() -> Result<Ceph, String> {
    let folder = tempfile::Builder::new().prefix("telecine-ceph-").tempdir().expect("a temporary folder");
    let (fsid, osd) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let (s3_port, monitor_port) = (free_port(), free_port());
    write_config(folder.path(), &fsid, s3_port, monitor_port);
    let run = |program: &str, args: &[&str]| finish(&mut command(folder.path(), program, args));
    let start = |program: &str, args: &[&str]| OwnedChild::spawn(&mut command(folder.path(), program, args));

    let address = format!("[v1:127.0.0.1:{monitor_port}]");
    run("monmaptool", &["--create", "--addv", "a", &address, "--fsid", &fsid, "monmap"])?;
    run("ceph-mon", &["-c", "ceph.conf", "-i", "a", "--mkfs", "--monmap", "monmap"])?;
    let mut processes = vec![start("ceph-mon", &["-c", "ceph.conf", "-i", "a", "-f"])];
    run("timeout", &["60", "ceph", "-c", "ceph.conf", "osd", "new", &osd, "0"])?;
    run("ceph-osd", &["-c", "ceph.conf", "-i", "0", "--mkfs", "--osd-uuid", &osd])?;
    processes.push(start("ceph-osd", &["-c", "ceph.conf", "-i", "0", "-f"]));
    processes.push(start("radosgw", &["-c", "ceph.conf", "-n", "client.rgw", "-f"]));
    wait_until_listening(s3_port, &mut processes, folder.path()).await?;
    let (access, secret) = (format!("--access-key={ACCESS_KEY}"), format!("--secret-key={SECRET_KEY}"));
    let user = ["-c", "ceph.conf", "user", "create", "--uid=t", "--display-name=t", &access, &secret];
    run("radosgw-admin", &user)?;
    Ok(Ceph {
        endpoint: Url::parse(&format!("http://127.0.0.1:{s3_port}")).expect("an address"),
        credentials: Credentials { access_key_id: ACCESS_KEY.into(), secret_access_key: SECRET_KEY.into() },
        _processes: processes,
        _folder: folder,
    })
}

/// One node without copies and without keys, its data in memory. `$name` and `$pid` are for Ceph to fill in.
fn write_config(folder: &Path, fsid: &str, s3_port: u16, monitor_port: u16) {
    let place = folder.display();
    let config = format!(
        "[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{monitor_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
keyring = /dev/null
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
osd objectstore = memstore
memstore device bytes = 4294967296
mon data = {place}/mon
osd data = {place}/osd
rgw data = {place}/rgw
run dir = {place}/run
crash dir = {place}/crash
log file = {place}/log/$name.log
admin socket = {place}/run/$name.$pid.asok
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{s3_port}
rgw dns name = 127.0.0.1
"
    );
    for name in FOLDERS {
        std::fs::create_dir(folder.join(name)).expect("a folder");
    }
    std::fs::write(folder.join("ceph.conf"), config).expect("the configuration");
}

fn command(folder: &Path, program: &str, args: &[&str]) -> Command {
    let mut command = owned(program);
    command.args(args).current_dir(folder);
    command
}

fn finish(command: &mut Command) -> Result<(), String> {
    let Output { status, stderr, .. } = command.output().expect("setpriv runs");
    let said = String::from_utf8_lossy(&stderr);
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}: {said}")) }
}

async fn wait_until_listening(port: u16, processes: &mut [OwnedChild], folder: &Path) -> Result<(), String> {
    let listening = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            for process in &mut *processes {
                if let Ok(Some(status)) = process.0.try_wait() {
                    return Err(format!("a process of Ceph has ended with {status}: {}", logs(folder)));
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    };
    let waited = tokio::time::timeout(READY_WITHIN, listening).await;
    waited.unwrap_or_else(|_| {
        Err(format!("the gateway does not listen after {READY_WITHIN:?}: {}", logs(folder)))
    })
}

/// The last lines of what the processes have logged.
fn logs(folder: &Path) -> String {
    const LINES: usize = 5;
    let tail = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    };
    let entries = std::fs::read_dir(folder.join("log")).into_iter().flatten().flatten();
    entries.map(|entry| tail(entry.path())).collect::<Vec<_>>().join("\n")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
