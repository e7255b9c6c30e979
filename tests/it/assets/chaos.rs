//! Servers that break off, refuse and hang, and a process that is killed: every asset ends cached or failed with a reason, and
//! storage holds each file once and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::origin::{Origin, Received, Reply};
use telecine_tests::server::Home;

use crate::{homes, is_soak};

/// Assets of the short form, and of the full one.
const SHORT: usize = 60;
const FULL: usize = 500;
/// Every third address has the bytes of another one.
const TWINS: usize = 3;
/// Bytes of a file.
const SIZE: usize = 40_000;

#[tokio::test]
async fn five_hundred_assets_survive_a_storm() {
    for (home, _postgres) in homes() {
        survive(home, if is_soak() { FULL } else { SHORT }).await;
    }
}

async fn survive(mut home: Home, assets: usize) {
    let origin = unreliable().await;
    home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
    home.set("CACHE_PER_HOST", "8");
    // Killed workers are taken over at once, because the server starts again on its own data folder.
    home.set("BACKOFF_DELAY", "200");
    let urls: Vec<String> = (0..assets).map(|n| origin.at(&format!("/{n}")).to_string()).collect();
    let mut server = home.serve().await;
    let added =
        server.client.post("cache-assets", json!({ "urls": urls })).await.expect(StatusCode::ACCEPTED);
    assert_eq!(added["items"].as_array().unwrap().len(), assets);
    for share in [10, 40, 70] {
        // Some are done, some are on their way, and some wait.
        let wanted = assets * share / 100;
        server.client.watch("cache-assets/stats", |stats| done(stats) >= wanted).await;
        server.kill();
        server = home.serve().await;
        // Whoever adds them once more adds nothing.
        server.client.post("cache-assets", json!({ "urls": urls })).await.expect(StatusCode::ACCEPTED);
    }
    let stats = server.client.watch("cache-assets/stats", |stats| done(stats) == assets).await;
    let all = every_asset(&server.client).await;
    assert_eq!(all.len(), assets);
    let mut contents = BTreeMap::new();
    for asset in &all {
        let url = text(&asset["original_url"]);
        match text(&asset["status"]) {
            "CACHED" => {
                contents.insert(text(&asset["sha256"]).to_owned(), asset["size"].as_u64().unwrap());
            }
            "FAILED" => {
                assert!(is_gone(url), "{asset}");
                assert_eq!(asset["failure"]["code"], "remote_refused", "{asset}");
                assert!(text(&asset["failure"]["message"]).ends_with('.'), "{asset}");
            }
            other => panic!("{other}: {asset}"),
        }
    }
    // Every content once, whatever was cut off.
    assert_eq!(stats["objects"], contents.len());
    assert_eq!(stats["bytes"], contents.values().sum::<u64>());
    let expected: BTreeSet<usize> = (0..assets).filter(|n| n % 10 != 9).map(content).collect();
    assert_eq!(contents.len(), expected.len());
    // What runs that were cut off have left goes with jobs of its own.
    server.client.do_later_jobs("cleanup", "delete-batch").await;
    server.client.watch("storage", |storage| storage["objects"] == contents.len()).await;
    assert!(server.stop().success());
    let report = home.reconcile(&[]);
    assert_eq!((&report["objects"], &report["findings"]), (&json!(contents.len()), &json!([])));
    assert_eq!(home.scratch_files(), 0);
}

fn done(stats: &Value) -> usize {
    let count = |name: &str| stats[name].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    count("cached") + count("failed")
}

async fn every_asset(client: &Client) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("cache-assets?limit=100{cursor}")).await.expect(StatusCode::OK);
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// The number of what is found at an address.
fn content(n: usize) -> usize {
    if n.is_multiple_of(TWINS) { n / (2 * TWINS) * (2 * TWINS) } else { n }
}

/// Every tenth address leads nowhere.
fn is_gone(url: &str) -> bool {
    url.ends_with('9')
}

/// A server that does something else wrong at the first request for each path.
async fn unreliable() -> Origin {
    let asked: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    Origin::start(move |request: Received| {
        let asked = asked.clone();
        async move {
            let n: usize = request.path[1..].parse().unwrap_or(0);
            let before = {
                let mut asked = asked.lock().unwrap();
                let times = asked.entry(request.path.clone()).or_default();
                *times += 1;
                *times - 1
            };
            // A server at some distance.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let body = body(content(n));
            match (n % 10, before) {
                (9, _) => Reply::new(404, ""),
                (1, 0) => Reply::new(503, ""),
                (2, 0) => Reply::new(429, "").header("retry-after", "1"),
                // Without a validator it begins anew; with one it goes on where it broke off.
                (3, 0) => Reply::ok(body.slice(..SIZE / 2)).announcing(SIZE),
                (4, 0) => Reply::ok(body.slice(..SIZE / 3)).announcing(SIZE).header("etag", "\"4\""),
                (4, _) if request.head.contains("range: bytes=") => {
                    let start = SIZE / 3;
                    Reply::new(206, body.slice(start..))
                        .header("etag", "\"4\"")
                        .header("content-range", &format!("bytes {start}-{}/{SIZE}", SIZE - 1))
                }
                (5, 0) => Reply::ok(body).unannounced(),
                _ => Reply::ok(body).header("etag", &format!("\"{}\"", n % 10)),
            }
        }
    })
    .await
}

/// Bytes that begin as a picture does, and are those of one number only.
fn body(n: usize) -> Bytes {
    let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec();
    let pattern = format!("content {n} ");
    bytes.extend(pattern.bytes().cycle().take(SIZE - bytes.len()));
    bytes.into()
}
