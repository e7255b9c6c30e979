//! Uploads through a storm: killed servers, cut connections, failing and slow storage. Every upload ends complete and equal,
//! or aborted with nothing left of it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use telecine_model::SystemClock;
use telecine_storage::embedded::Credentials;
use telecine_tests::proxy::{Fault, Proxy};
use telecine_tests::resume::{MadeUpFile, Random, Resumable};
use telecine_tests::server::{Home, Server};
use telecine_tests::storage::{RunningServer, TestBucket};
use tempfile::TempDir;
use url::Url;

use crate::home;

/// Sizes go from 1 MB to these.
const SHORT_MAX_BYTES: u64 = 30_000_000;
const SOAK_MAX_BYTES: u64 = 300_000_000;
/// Faults of each of the two storms.
const SHORT_FAULTS: usize = 12;
const SOAK_FAULTS: usize = 100;
/// Uploads in any case; small ones follow until every fault was met.
const SHORT_UPLOADS: usize = 4;
const SOAK_UPLOADS: usize = 16;
/// Large enough to go up in parts.
const IN_PARTS_BYTES: u64 = 115_000_000;
/// One in so many uploads is given up in the middle.
const ONE_IN_ABORTED: usize = 4;
/// One in so many faults kills the server.
const ONE_IN_KILLS: u64 = 4;
const BEFORE_GIVING_UP: Duration = Duration::from_millis(300);
/// An upload that still breaks after so many tries does not survive.
const MAX_TRIES: usize = 100;

/// A storm: what there is to upload, and what is still to go wrong.
struct Storm {
    random: Random,
    faults_left: usize,
    /// Faults that wait for connections at a time. Several, because clients and server ride out a single one unseen.
    at_once: usize,
    sizes: Vec<u64>,
}

impl Storm {
    fn new(seed: u64, at_once: usize) -> Self {
        let mut random = Random::new(seed);
        let (faults_left, max_bytes, uploads) = match crate::is_soak() {
            true => (SOAK_FAULTS, SOAK_MAX_BYTES, SOAK_UPLOADS),
            false => (SHORT_FAULTS, SHORT_MAX_BYTES, SHORT_UPLOADS),
        };
        let mut sizes: Vec<u64> = (0..uploads).map(|_| random.between(1_000_000, max_bytes)).collect();
        // One that goes up in parts is in every form.
        sizes[0] = IN_PARTS_BYTES;
        Self { random, faults_left, at_once, sizes }
    }

    /// The next upload; small ones go on until the storm is over.
    fn next_upload(&mut self, line: &Proxy) -> Option<Resumable> {
        let is_over = self.faults_left == 0 && line.armed() == 0;
        let size = match self.sizes.pop() {
            Some(size) => size,
            None if is_over => return None,
            None => self.random.between(1_000_000, 5_000_000),
        };
        Some(Resumable::new(MadeUpFile::new(self.random.next(), size)))
    }

    fn arm(&mut self, line: &Proxy) {
        let faults = if line.armed() == 0 { self.faults_left.min(self.at_once) } else { 0 };
        self.faults_left -= faults;
        line.arm((0..faults).map(|_| fault(&mut self.random)));
    }

    /// Whether the server dies during the next step, and how long it has to live.
    fn kill(&mut self) -> Option<Duration> {
        let is_killing = self.faults_left > 0 && self.random.between(0, ONE_IN_KILLS) == 0;
        self.faults_left -= usize::from(is_killing);
        is_killing.then(|| Duration::from_millis(self.random.between(20, 1_500)))
    }
}

/// A fault of a connection over which parts of ten megabytes go.
fn fault(random: &mut Random) -> Fault {
    match random.between(0, 5) {
        0 => Fault::CutRequest(random.between(0, 2_000)),
        1 => Fault::CutRequest(random.between(2_000, 12_000_000)),
        2 => Fault::CutAnswer(random.between(0, 400)),
        3 => Fault::Answer([500, 503][usize::try_from(random.between(0, 2)).unwrap()]),
        _ => Fault::Slow(Duration::from_millis(random.between(100, 2_000))),
    }
}

/// The server is killed, and the connections between clients and its storage break.
#[tokio::test]
async fn uploads_survive_killed_servers_and_cut_connections() {
    let mut storm = Storm::new(11, 2);
    let line = Proxy::start().await;
    let mut home = home();
    home.set("S3_PUBLIC_ENDPOINT", &format!("http://{}", line.address));
    let mut server = home.serve().await;
    line.lead_to(home.storage_address());
    let mut done = Vec::new();
    while let Some(upload) = storm.next_upload(&line) {
        let mut client = Uploading::new(upload, done.len());
        for _ in 0..MAX_TRIES {
            storm.arm(&line);
            let is_done = match storm.kill() {
                None => client.step(&server).await,
                Some(life) => {
                    let is_done = tokio::time::timeout(life, client.step(&server)).await.unwrap_or(false);
                    server.kill();
                    server = home.serve().await;
                    line.lead_to(home.storage_address());
                    is_done
                }
            };
            if is_done {
                break;
            }
        }
        done.push(client.upload);
    }
    expect_equal_or_gone(&server, &done, &embedded_bucket(&home)).await;
    assert_eq!(home.reconcile(&["--upload-age", "0"])["findings"], json!([]));
    assert!(server.stop().success());
}

/// Storage lies behind a line that breaks, for clients and for the server itself. It runs in this process, which is why
/// waiting for a command must not hold up everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_survive_a_storage_that_fails() {
    let mut storm = Storm::new(23, 3);
    let folder = TempDir::new().unwrap();
    let storage = RunningServer::start(folder.path()).await;
    let line = Proxy::start().await;
    line.lead_to(storage.endpoint.socket_addrs(|| None).unwrap()[0]);
    let mut home = home();
    settings_of(&mut home, &line, &storage.credentials);
    let server = home.serve().await;
    let mut done = Vec::new();
    while let Some(upload) = storm.next_upload(&line) {
        let mut client = Uploading::new(upload, done.len());
        for _ in 0..MAX_TRIES {
            storm.arm(&line);
            if client.step(&server).await {
                break;
            }
        }
        done.push(client.upload);
    }
    expect_equal_or_gone(&server, &done, &storage.bucket("telecine")).await;
    assert_eq!(home.reconcile(&["--upload-age", "0"])["findings"], json!([]));
    assert!(server.stop().success());
    storage.stop().await;
}

/// An upload that a person sends to its end, or gives up in the middle.
struct Uploading {
    upload: Resumable,
    gives_up: bool,
}

impl Uploading {
    fn new(upload: Resumable, index: usize) -> Self {
        Self { upload, gives_up: index % ONE_IN_ABORTED == 1 }
    }

    /// Goes on; `true` once it is complete or given up.
    async fn step(&mut self, server: &Server) -> bool {
        if !self.gives_up {
            return self.upload.advance(&server.client).await.is_ok();
        }
        if self.upload.id.is_some() {
            return self.upload.abort(&server.client).await.is_ok();
        }
        // What has been sent by then is to be removed.
        let sent = tokio::time::timeout(BEFORE_GIVING_UP, self.upload.advance(&server.client)).await;
        sent.is_ok_and(|sent| sent.is_ok())
    }
}

fn settings_of(home: &mut Home, line: &Proxy, credentials: &Credentials) {
    use secrecy::ExposeSecret as _;
    home.set("S3_ENDPOINT", &format!("http://{}", line.address));
    home.set("S3_ACCESS_KEY_ID", &credentials.access_key_id);
    home.set("S3_SECRET_ACCESS_KEY", credentials.secret_access_key.expose_secret());
}

/// The bucket of the running server, past every proxy.
fn embedded_bucket(home: &Home) -> TestBucket {
    let endpoint = Url::parse(&format!("http://{}", home.storage_address())).unwrap();
    let credentials = Credentials::of_store(&home.data_dir().join("objects")).unwrap().unwrap();
    TestBucket::new(&endpoint, &credentials, "telecine", Arc::new(SystemClock))
}

async fn expect_equal_or_gone(server: &Server, uploads: &[Resumable], bucket: &TestBucket) {
    let mut expected = Vec::new();
    for upload in uploads {
        let Some(video_id) = &upload.video_id else {
            assert!(upload.is_aborted, "an upload has not survived: {:?}", upload.id);
            continue;
        };
        let video = server.client.finished(video_id).await;
        // Random bytes are no video; that the job says so and no `checksum_mismatch` means that it has read what was sent.
        assert_eq!(video["failure"]["code"], "not_media", "{video}");
        let key = format!("videos/{video_id}/source");
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        bucket.store.download(&key, None, &path, |_| {}).await.unwrap();
        let stored = tokio::task::spawn_blocking(move || sha256(&path)).await.unwrap();
        assert_eq!(stored, upload.file.sha256(), "{key}");
        expected.push(key);
    }
    expected.sort();
    let stored = async || {
        let objects = bucket.store.list("").await.unwrap().into_iter();
        objects.map(|object| object.key).collect::<Vec<_>>()
    };
    let is_clean = async || stored().await == expected && open_uploads_are_awaited(server, bucket).await;
    if crate::eventually_async(is_clean).await {
        return;
    }
    // The line has brought bytes of an upload after it was given up. They go when its last address has expired.
    println!("late bytes: {:?} instead of {expected:?}", stored().await);
    server.client.do_later_jobs("cleanup", "delete-video").await;
    assert!(crate::eventually_async(is_clean).await, "{:?} instead of {expected:?}", stored().await);
}

/// An upload of whose opening the client never heard stays until it expires; no other is open.
async fn open_uploads_are_awaited(server: &Server, bucket: &TestBucket) -> bool {
    for open in bucket.store.list_multipart_uploads("").await.unwrap() {
        let video_id = open.key.split('/').nth(1).unwrap();
        let video = server.client.get(&format!("videos/{video_id}")).await;
        if video.status != StatusCode::OK || video.json["status"] != "pending_upload" {
            return false;
        }
    }
    true
}

fn sha256(path: &std::path::Path) -> String {
    use sha2::{Digest as _, Sha256};
    let (mut file, mut hasher) = (std::fs::File::open(path).unwrap(), Sha256::new());
    std::io::copy(&mut file, &mut HashWriter(&mut hasher)).unwrap();
    hex::encode(hasher.finalize())
}

struct HashWriter<'a>(&'a mut sha2::Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        sha2::Digest::update(self.0, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Cuts of the large upload, and its size.
const SHORT_CUTS: (u64, u64) = (12, 256 << 20);
const SOAK_CUTS: (u64, u64) = (50, 1 << 30);
/// Heads of requests, and what lies in the buffers of both ends when a connection is cut.
const SLACK_BYTES: u64 = 300 * 1024;

#[tokio::test]
async fn a_large_upload_that_is_cut_again_and_again_sends_only_what_was_in_flight_twice() {
    let (cuts, size) = if crate::is_soak() { SOAK_CUTS } else { SHORT_CUTS };
    let line = Proxy::start().await;
    let mut home = home();
    home.set("S3_PUBLIC_ENDPOINT", &format!("http://{}", line.address));
    let mut server = home.serve().await;
    line.lead_to(home.storage_address());
    let (mut random, mut in_flight) = (Random::new(5), 0);
    let mut upload = Resumable::new(MadeUpFile::new(5, size));
    for cut in 0..cuts {
        // Anywhere: before the first byte, in a part, or after some parts over the same connection.
        let after = random.between(0, 2 * size / cuts);
        line.arm([Fault::CutRequest(after)]);
        in_flight += after.min(PART_BYTES);
        let _ = upload.advance(&server.client).await.inspect_err(|broken| println!("cut {cut}: {broken:?}"));
        if cut % 10 == 5 {
            // A page that is loaded anew keeps no connection, and a server that is started anew none either.
            server.kill();
            server = home.serve().await;
            line.lead_to(home.storage_address());
        }
    }
    upload.advance(&server.client).await.unwrap();
    let allowed = size + in_flight + SLACK_BYTES * (cuts + 1);
    assert!(line.sent() <= allowed, "{} bytes were sent for {size}, {allowed} are allowed", line.sent());
    println!("{} bytes sent for {size}, over {cuts} cuts", line.sent());
    let bucket = embedded_bucket(&home);
    expect_equal_or_gone(&server, &[upload], &bucket).await;
    assert_eq!(home.reconcile(&["--upload-age", "0"])["findings"], json!([]));
}

const PART_BYTES: u64 = 10 << 20;
