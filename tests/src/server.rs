//! A `telecine serve` of its own: free ports, an empty data folder, gone after the test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::child::{OwnedChild, owned};
use crate::client::Client;

/// Where a server keeps its data, also between two of its lives.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    binary: PathBuf,
    token: Option<String>,
    settings: Vec<(String, String)>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Talks to it with its token.
    pub client: Client,
    /// The page address that signs a browser in.
    pub page: Url,
    /// Where the API listens, whatever browsers are told.
    pub api_address: SocketAddr,
    /// Seconds it took to start, as it says itself.
    pub started_s: f64,
    child: OwnedChild,
}

/// A running worker process.
#[derive(Debug)]
pub struct Worker {
    /// The name under which it takes jobs.
    pub name: String,
    /// Where it answers for its health, such as `http://127.0.0.1:3002`.
    pub health_origin: String,
    child: OwnedChild,
}

impl Home {
    /// An empty data folder for servers of this binary.
    pub fn new(binary: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("telecine-it-").tempdir().expect("a temporary folder");
        let mut home = Self { folder, binary: binary.into(), token: None, settings: Vec::new() };
        // Quality is judged elsewhere; here the fastest preset will do.
        home.set("FFMPEG_PRESET", "ultrafast");
        home
    }

    /// Sets an environment variable for the servers to come.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes programs started from now on use an encoder of the test: a script, in which `HERE` becomes the folder of
    /// [`signs`](Self::signs).
    pub fn use_encoder(&mut self, script: &str) {
        let encoder = self.file("encoder");
        let script = script.replace("HERE", &self.signs().display().to_string());
        std::fs::write(&encoder, script).expect("the encoder is written");
        std::fs::set_permissions(&encoder, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
        self.set("FFMPEG_PATH", &encoder.display().to_string());
    }

    /// The folder of the files that encoders wait for.
    pub fn signs(&self) -> PathBuf {
        let signs = self.file("signs");
        std::fs::create_dir_all(&signs).expect("the folder is made");
        signs
    }

    /// Lets every encoder that waits for `HERE/go`, or will, go on.
    pub fn let_go(&self) {
        std::fs::write(self.signs().join("go"), "").expect("the sign is given");
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of this test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file for this test.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of the binary on this data folder, with free ports.
    pub fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = owned(&self.binary);
        command.args(args).current_dir(self.folder.path());
        command
            .env("TELECINE_DATA_DIR", self.data_dir())
            .env("PORT", "0")
            .env("TELECINE_STORAGE_LISTEN", "127.0.0.1:0");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a server and waits until it is ready.
    pub async fn serve(&mut self) -> Server {
        self.serve_with(&[]).await
    }

    /// The same with further flags.
    pub async fn serve_with(&mut self, flags: &[&str]) -> Server {
        let (child, ready) = self.start("serve", flags).await;
        if let Some(token) = ready["token"].as_str() {
            self.token = Some(token.to_owned());
        }
        let listens: Url = ready["listens"].as_str().and_then(|url| url.parse().ok()).expect("an address");
        Server {
            client: Client::new(
                &format!("{listens}api/v1"),
                self.token.clone().expect("the first start shows a token"),
            ),
            api_address: listens.socket_addrs(|| None).expect("an address")[0],
            page: ready["page"].as_str().expect("an address").parse().expect("an address"),
            started_s: ready["started_s"].as_f64().expect("seconds"),
            child,
        }
    }

    /// Starts a worker process with a free port for its health, and waits until it works.
    pub async fn work(&self, flags: &[&str]) -> Worker {
        let (child, ready) = self.start("worker", &[&["--set", "health.port=0"], flags].concat()).await;
        let health: Url = ready["health"].as_str().and_then(|url| url.parse().ok()).expect("an address");
        let name = ready["worker"].as_str().expect("a name").to_owned();
        Worker { name, health_origin: health.origin().ascii_serialization(), child }
    }

    /// Starts a command that says in one line of JSON when it is ready.
    async fn start(&self, command: &str, flags: &[&str]) -> (OwnedChild, Value) {
        let log =
            std::fs::File::options().create(true).append(true).open(self.file("log")).expect("a log file");
        let arguments = [&[command, "--json"], flags].concat();
        let mut child = OwnedChild::spawn(self.command(&arguments).stdout(Stdio::piped()).stderr(log));
        let stdout = child.0.stdout.take().expect("piped");
        let line = tokio::task::spawn_blocking(|| BufReader::new(stdout).lines().next())
            .await
            .expect("the reader ends");
        let Some(Ok(line)) = line else { panic!("the {command} does not start: {}", self.log()) };
        (child, serde_json::from_str(&line).expect("one line of JSON"))
    }

    /// Where the embedded storage of the running server listens, whatever browsers are told.
    pub fn storage_address(&self) -> SocketAddr {
        let noted = std::fs::read_to_string(self.data_dir().join("lock")).expect("a lock file");
        noted.parse().expect("the address of the storage")
    }

    /// What `telecine reconcile` finds, with these flags.
    pub fn reconcile(&self, flags: &[&str]) -> Value {
        let mut command = self.command(&[&["reconcile", "--json"], flags].concat());
        let output =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("the command runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no report: {stderr}"));
        let is_clean = report["findings"]
            .as_array()
            .is_some_and(|findings| findings.iter().all(|finding| finding["fixed"] == Value::Bool(true)));
        assert_eq!(output.status.success(), is_clean, "{report}{stderr}");
        report
    }

    /// What the servers have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Names and bytes of all files that the embedded storage keeps as objects of the bucket.
    pub fn object_files(&self) -> usize {
        count_files(&self.data_dir().join("objects/telecine"))
    }

    /// Files of jobs that run or have been cut off.
    pub fn scratch_files(&self) -> usize {
        count_files(&self.data_dir().join("scratch"))
    }

    /// The address of the database: the one that is set, or the SQLite file.
    pub fn database_url(&self) -> String {
        if let Some((_, url)) = self.settings.iter().rev().find(|(name, _)| name == "DATABASE_URL") {
            return url.clone();
        }
        format!("sqlite://{}", self.data_dir().join("telecine.sqlite").display())
    }
}

impl Server {
    /// Asks it to stop and waits.
    pub fn stop(self) -> ExitStatus {
        self.child.terminate()
    }

    /// Ends it as a power cut would.
    pub fn kill(self) {
        self.child.kill();
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }
}

impl Worker {
    /// Asks it to stop and waits.
    pub fn stop(self) -> ExitStatus {
        self.child.terminate()
    }

    /// Ends it as a power cut would.
    pub fn kill(self) {
        self.child.kill();
    }
}

fn count_files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}
