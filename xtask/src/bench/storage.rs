//! `storage`: what an address costs, how fast bytes go into the embedded endpoint and come back, what the server's memory
//! does meanwhile, and what copying remote files side by side is worth.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::{Value, json};
use telecine_model::limits::PRESIGNED_URL_LIFE;
use telecine_model::{Clock, SystemClock};
use telecine_outbound::{Limits, Outbound, OutboundConfig};
use telecine_storage::embedded::Credentials;
use telecine_storage::remote::{RemoteUpload, RemoteUploads};
use telecine_storage::urls::RedisConfig;
use telecine_storage::{ObjectStore, StorageConfig, Urls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::process::Measured;
use super::table::{Spread, print};

const ROUNDS: usize = 3;
const PRESIGNED: u32 = 100_000;
const CACHED: u32 = 1_000_000;
/// Addresses that are asked for in turn: more than fit into a processor's nearest cache.
const KEYS: usize = 1000;
/// One object: 2 GB.
const OBJECT_BYTES: u64 = 2_000_000_000;
const CHUNK_BYTES: usize = 250_000;
/// A batch of remote files.
const FILES: usize = 30;
const FILE_BYTES: usize = 500_000;
const LATENCY: Duration = Duration::from_millis(50);
const AT_ONCE: [usize; 3] = [1, 3, 10];

/// What one round measured, in the order of [`COLUMNS`].
type Round = [f64; COLUMNS.len()];

const COLUMNS: [&str; 8] = [
    "presign_us",
    "cached_url_ns",
    "put_mb_s",
    "get_mb_s",
    "server_rss_growth_mb",
    "batch_c1_s",
    "batch_c3_s",
    "batch_c10_s",
];

/// The platform in a process of its own, and a client of its storage.
struct Bench {
    server: Measured,
    store: ObjectStore,
    clock: Arc<dyn Clock>,
    browser: reqwest::Client,
}

pub(super) fn run() -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let mut rounds = Vec::new();
    for number in 1..=ROUNDS {
        eprintln!("round {number} of {ROUNDS}");
        // A fresh server, because memory that has grown once does not shrink.
        let bench = Bench::start(&folder.path().join(number.to_string()))?;
        rounds.push(runtime.block_on(bench.round())?);
    }
    let spreads: Vec<Spread> = (0..COLUMNS.len())
        .map(|column| Spread::of(rounds.iter().map(|round| round[column]).collect()))
        .collect();
    print(&COLUMNS, &[("telecine", spreads.clone())]);
    Ok(COLUMNS.iter().zip(spreads).map(|(name, spread)| ((*name).to_owned(), json!(spread.median))).collect())
}

impl Bench {
    fn start(data_dir: &Path) -> anyhow::Result<Self> {
        let telecine =
            Path::new("target/release/telecine").canonicalize().context("scripts/bench builds it")?;
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(telecine);
        command.args(["serve", "--json"]).env("PORT", "0").env("TELECINE_DATA_DIR", data_dir);
        let server =
            Measured::start(command.env("TELECINE_STORAGE_LISTEN", address.to_string()), "started_s")?;
        let credentials = Credentials::of_store(&data_dir.join("objects"))?;
        let credentials = credentials.context("the embedded endpoint has made its keys")?;
        let config = StorageConfig::default().for_embedded(address, &credentials);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = ObjectStore::new(&config, clock.clone())?;
        let browser = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { server, store, clock, browser })
    }

    async fn round(&self) -> anyhow::Result<Round> {
        let (presign_us, cached_url_ns) = (self.presign()?, self.cached().await?);
        self.store.put_bytes("warm", "text/plain", None, Bytes::from_static(b"up")).await?;
        let before_mb = self.server.rss_mb()?;
        let put_mb_s = self.put().await?;
        let get_mb_s = self.get().await?;
        let growth_mb = self.server.peak_rss_mb()? - before_mb;
        let mut batches = [0.0; AT_ONCE.len()];
        for (seconds, at_once) in batches.iter_mut().zip(AT_ONCE) {
            *seconds = self.batch(at_once).await?;
        }
        let [c1, c3, c10] = batches;
        Ok([presign_us, cached_url_ns, put_mb_s, get_mb_s, growth_mb, c1, c3, c10])
    }

    /// Microseconds to sign one address.
    fn presign(&self) -> anyhow::Result<f64> {
        let begun = Instant::now();
        for _ in 0..PRESIGNED {
            std::hint::black_box(
                self.store.presign_get("videos/0192/g1/v720/seg_001.m4s", PRESIGNED_URL_LIFE)?,
            );
        }
        Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(PRESIGNED))
    }

    /// Nanoseconds to get one address from memory.
    async fn cached(&self) -> anyhow::Result<f64> {
        let urls = Urls::new(self.store.clone(), None, &RedisConfig::default(), self.clock.clone())?;
        let keys: Vec<String> =
            (0..KEYS).map(|number| format!("videos/0192/g1/v720/seg_{number:03}.m4s")).collect();
        for key in &keys {
            urls.private(key).await?;
        }
        let begun = Instant::now();
        for key in keys.iter().cycle().take(CACHED as usize) {
            std::hint::black_box(urls.private(key).await?);
        }
        Ok(begun.elapsed().as_secs_f64() * 1e9 / f64::from(CACHED))
    }

    /// MB a second into one object by a presigned PUT.
    async fn put(&self) -> anyhow::Result<f64> {
        let signed = self.store.presign_put("large", "video/mp4", OBJECT_BYTES, PRESIGNED_URL_LIFE)?;
        let chunks = usize::try_from(OBJECT_BYTES)? / CHUNK_BYTES;
        let chunk = Bytes::from(vec![0x5a; CHUNK_BYTES]);
        let stream = futures::stream::iter(std::iter::repeat_n(chunk, chunks)).map(Ok::<_, std::io::Error>);
        let mut request = self.browser.put(signed.url);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        let begun = Instant::now();
        request.body(reqwest::Body::wrap_stream(stream)).send().await?.error_for_status()?;
        Ok(mb_a_second(begun))
    }

    /// MB a second out of it by a presigned GET.
    async fn get(&self) -> anyhow::Result<f64> {
        let signed = self.store.presign_get("large", PRESIGNED_URL_LIFE)?;
        let begun = Instant::now();
        let mut answer = self.browser.get(signed.url).send().await?.error_for_status()?;
        let mut received = 0;
        while let Some(chunk) = answer.chunk().await? {
            received += chunk.len() as u64;
        }
        if received != OBJECT_BYTES {
            bail!("{received} bytes came back instead of {OBJECT_BYTES}");
        }
        Ok(mb_a_second(begun))
    }

    /// Seconds for a batch of remote files, `at_once` at a time.
    async fn batch(&self, at_once: usize) -> anyhow::Result<f64> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(slow_files(listener));
        let outbound = Outbound::new(&OutboundConfig {
            allow_private_hosts: vec![address.to_string()],
            ..OutboundConfig::default()
        });
        let limits =
            Limits { max_bytes: 10_000_000, total: Duration::from_secs(60), idle: Duration::from_secs(10) };
        let outbound = outbound.map_err(anyhow::Error::msg)?;
        let remote = RemoteUploads::new(self.store.clone(), outbound, limits, self.clock.clone());
        let uploads = uploads(&address.to_string())?;
        let begun = Instant::now();
        let results = remote.upload_from_urls(&uploads, at_once, |_, _| ()).await;
        let seconds = begun.elapsed().as_secs_f64();
        serving.abort();
        for result in results {
            result?;
        }
        Ok(seconds)
    }
}

fn uploads(place: &str) -> anyhow::Result<Vec<RemoteUpload>> {
    let upload = |number| -> anyhow::Result<RemoteUpload> {
        let url: Url = format!("http://{place}/{number}").parse()?;
        Ok(RemoteUpload { url, key: format!("batch/{number}"), content_type: Some("image/jpeg".to_owned()) })
    };
    (0..FILES).map(upload).collect()
}

/// Serves one file a connection, after the latency of a server far away.
async fn slow_files(listener: TcpListener) {
    let body = Bytes::from(vec![0x5a; FILE_BYTES]);
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(slow_file(stream, body.clone()));
    }
}

async fn slow_file(mut stream: TcpStream, body: Bytes) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    tokio::time::sleep(LATENCY).await;
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}

#[expect(clippy::cast_precision_loss, reason = "2 GB are far below 2^52 bytes")]
fn mb_a_second(begun: Instant) -> f64 {
    OBJECT_BYTES as f64 / 1e6 / begun.elapsed().as_secs_f64()
}
