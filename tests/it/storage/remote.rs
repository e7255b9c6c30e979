//! Remote files into storage: from servers that behave and from those that do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use telecine_outbound::{Limits, Outbound, OutboundConfig, OutboundError};
use telecine_storage::remote::{DEFAULT_AT_ONCE, RemoteError, RemoteUpload, RemoteUploads, Uploaded};
use telecine_tests::clock::ImpatientClock;
use telecine_tests::origin::{Origin, Received, Reply};
use telecine_tests::storage::{RunningServer, TestBucket};
use tempfile::TempDir;
use tokio::sync::Barrier;
use url::Url;

const LIMITS: Limits =
    Limits { max_bytes: 30_000_000, total: Duration::from_secs(60), idle: Duration::from_millis(500) };

/// A store, and copies into it from one origin.
struct Setting {
    _folder: TempDir,
    server: RunningServer,
    s3: TestBucket,
    clock: Arc<ImpatientClock>,
    remote: RemoteUploads,
}

async fn setting(allowed: &Origin) -> Setting {
    let folder = TempDir::new().unwrap();
    let server = RunningServer::start(folder.path()).await;
    let s3 = server.bucket("media");
    s3.store.ensure_bucket().await.unwrap();
    let clock = Arc::new(ImpatientClock::default());
    let config = OutboundConfig { allow_private_hosts: vec![allowed.place()], ..OutboundConfig::default() };
    let outbound = Outbound::new(&config).unwrap();
    let remote = RemoteUploads::new(s3.store.clone(), outbound, LIMITS, clock.clone());
    Setting { _folder: folder, server, s3, clock, remote }
}

impl Setting {
    async fn copy(&self, url: Url) -> Result<Uploaded, RemoteError> {
        self.remote.upload_from_url(&to("k", url), |_| ()).await
    }

    async fn nothing_is_left(self) {
        assert_eq!(self.s3.store.list("").await.unwrap(), []);
        assert_eq!(self.s3.store.list_multipart_uploads("").await.unwrap(), []);
        drop(self.s3);
        drop(self.remote);
        self.server.stop().await;
    }
}

fn to(key: &str, url: Url) -> RemoteUpload {
    RemoteUpload { url, key: key.to_owned(), content_type: None }
}

fn code(result: &Result<Uploaded, RemoteError>) -> &'static str {
    result.as_ref().map_or_else(RemoteError::code, |_| "ok")
}

/// Bytes that differ from place to place.
fn pattern(length: usize) -> Bytes {
    (0..length).map(|place| (place / 251 + place) as u8).collect()
}

#[tokio::test]
async fn a_remote_file_of_any_size_becomes_an_object() {
    let origin = Origin::start(|request: Received| async move {
        let length: usize = request.path.trim_start_matches('/').parse().unwrap();
        Reply::ok(pattern(length)).header("content-type", "Video/MP4; codecs=avc1")
    })
    .await;
    let setting = setting(&origin).await;
    for length in [0, 1, 10 * 1024 * 1024, 25_000_001] {
        let seen = std::sync::Mutex::new(Vec::new());
        let upload = to("k", origin.at(&length.to_string()));
        let uploaded =
            setting.remote.upload_from_url(&upload, |so_far| seen.lock().unwrap().push(so_far)).await;
        let uploaded = uploaded.unwrap();
        assert_eq!((uploaded.size, uploaded.content_type.as_str()), (length as u64, "video/mp4"));
        assert_eq!(setting.s3.store.get_bytes("k", 30_000_000).await.unwrap(), pattern(length));
        let seen = seen.into_inner().unwrap();
        assert!(seen.is_sorted_by_key(|so_far| so_far.received));
        assert!(seen.iter().all(|so_far| so_far.length == Some(length as u64)));
        assert_eq!(seen.last().map_or(0, |so_far| so_far.received), length as u64);
    }
    assert!(setting.s3.store.exists("k").await.unwrap());
    assert_eq!(setting.s3.store.delete_prefix("k").await.unwrap(), 1);
    assert!(!setting.s3.store.exists("k").await.unwrap());
    setting.nothing_is_left().await;
}

#[tokio::test]
async fn redirects_are_followed_five_times_and_checked_each_time() {
    let origin = Origin::start(|request: Received| async move {
        match request.path.trim_start_matches('/').parse::<u32>() {
            Ok(0) => Reply::ok("bytes"),
            Ok(hops) => Reply::redirect(&format!("/{}", hops - 1)),
            Err(_) if request.path == "/inside" => Reply::redirect("http://127.0.0.1:1/"),
            Err(_) if request.path == "/metadata" => Reply::redirect("http://169.254.169.254/latest"),
            Err(_) if request.path == "/name" => Reply::redirect("http://localhost:8080/"),
            Err(_) if request.path == "/port" => Reply::redirect("http://localhost:25/"),
            Err(_) => Reply::redirect("file:///etc/passwd"),
        }
    })
    .await;
    let setting = setting(&origin).await;
    assert_eq!(code(&setting.copy(origin.at("/5")).await), "ok");
    setting.s3.store.delete("k").await.unwrap();
    for (path, expected) in [
        ("/6", "too_many_redirects"),
        ("/inside", "private_address"),
        ("/metadata", "private_address"),
        ("/name", "private_address"),
        ("/port", "invalid_url"),
        ("/file", "invalid_url"),
    ] {
        assert_eq!(code(&setting.copy(origin.at(path)).await), expected, "{path}");
    }
    assert!(setting.clock.waits().is_empty(), "a refusal is not asked again");
    setting.nothing_is_left().await;
}

#[tokio::test]
async fn what_can_pass_is_tried_again_and_a_refusal_is_not() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let origin = Origin::start(move |request: Received| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            match (request.path.as_str(), number) {
                ("/recovers", 0) => Reply::new(503, ""),
                ("/recovers", 1) => Reply::new(429, "").header("retry-after", "7"),
                ("/recovers", 2) => Reply::ok("01234").announcing(10),
                ("/recovers", _) => Reply::ok("0123456789"),
                ("/broken", _) => Reply::new(500, ""),
                ("/cut", _) => Reply::ok(pattern(12_000_000)).announcing(20_000_000),
                ("/hangs", _) => Reply::ok("0").announcing(10).hanging(),
                _ => Reply::new(404, ""),
            }
        }
    })
    .await;
    let setting = setting(&origin).await;
    assert_eq!(setting.copy(origin.at("/recovers")).await.unwrap().size, 10);
    let waits = setting.clock.waits();
    assert!(waits.len() == 3 && waits[1] > Duration::from_secs(6), "{waits:?}");
    setting.s3.store.delete("k").await.unwrap();
    for (path, expected, expected_tries) in [
        ("/broken", "remote_refused", 4),
        ("/cut", "remote_interrupted", 4),
        ("/hangs", "remote_timeout", 4),
        ("/missing", "remote_refused", 1),
    ] {
        tries.store(0, Ordering::Relaxed);
        assert_eq!(code(&setting.copy(origin.at(path)).await), expected, "{path}");
        assert_eq!(tries.load(Ordering::Relaxed), expected_tries, "{path}");
    }
    setting.nothing_is_left().await;
}

#[tokio::test]
async fn a_file_whose_connection_breaks_is_taken_up_where_it_was() {
    let origin = Origin::start(|request: Received| async move {
        let whole = pattern(1_000_000);
        let start = request.head.lines().find_map(|line| line.strip_prefix("range: bytes="));
        let start: usize = start.map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
        // What is sent before the connection ends.
        let part = whole.slice(start..(start + 300_000).min(whole.len()));
        let left = whole.len() - start;
        let reply = match start {
            0 => Reply::ok(part.clone()),
            _ => Reply::new(206, part.clone())
                .header("content-range", &format!("bytes {start}-999999/1000000")),
        };
        let reply = reply.announcing(left);
        match request.path.as_str() {
            "/weak" => reply.header("etag", "W/\"a\""),
            "/unmarked" => reply,
            // It knows `If-Range` and sends the new file whole.
            "/changed" if start > 0 => Reply::ok(pattern(7)).header("etag", "\"b\""),
            // It does not, and sends a piece of the new file.
            "/exchanged" if start > 0 => reply.header("etag", "\"b\""),
            // Its length is told with the second piece, and each piece is shorter than what was asked for.
            "/chunked" if start == 0 => {
                let chunk = [b"493e0\r\n".as_slice(), &whole[..300_000], b"\r\n"].concat();
                let reply = Reply::ok(chunk).unannounced().header("transfer-encoding", "chunked");
                reply.header("etag", "\"a\"")
            }
            "/chunked" => {
                let end = start + part.len() - 1;
                let reply = Reply::new(206, part);
                reply.header("content-range", &format!("bytes {start}-{end}/1000000")).header("etag", "\"a\"")
            }
            _ => reply.header("etag", "\"a\""),
        }
    })
    .await;
    let setting = setting(&origin).await;
    assert_eq!(setting.copy(origin.at("/marked")).await.unwrap().size, 1_000_000);
    assert_eq!(setting.s3.store.get_bytes("k", 1_000_000).await.unwrap(), pattern(1_000_000));
    let asked: Vec<_> = origin.received().iter().map(|request| request.head.clone()).collect();
    assert_eq!(asked.len(), 4, "each break costs one question");
    for (head, start) in asked[1..].iter().zip([300_000, 600_000, 900_000]) {
        assert!(head.contains(&format!("range: bytes={start}-")), "{head}");
        assert!(head.contains("if-range: \"a\""), "{head}");
    }
    assert!(setting.clock.waits().is_empty(), "nothing was begun again");
    setting.s3.store.delete("k").await.unwrap();

    assert_eq!(setting.copy(origin.at("/chunked")).await.unwrap().size, 1_000_000);
    assert_eq!(setting.s3.store.get_bytes("k", 1_000_000).await.unwrap(), pattern(1_000_000));
    setting.s3.store.delete("k").await.unwrap();

    // What cannot be known to be the same file is fetched anew, four times in all.
    for (path, expected) in [("/weak", 4), ("/unmarked", 4), ("/changed", 8), ("/exchanged", 8)] {
        let before = origin.received().len();
        assert_eq!(code(&setting.copy(origin.at(path)).await), "remote_interrupted", "{path}");
        assert_eq!(origin.received().len() - before, expected, "{path}");
    }
    setting.nothing_is_left().await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_or_while_it_comes() {
    let origin = Origin::start(|request: Received| async move {
        match request.path.as_str() {
            "/announced" => Reply::ok("").announcing(30_000_001).hanging(),
            _ => Reply::ok(pattern(30_000_001)).unannounced(),
        }
    })
    .await;
    let setting = setting(&origin).await;
    for path in ["/announced", "/sent"] {
        assert_eq!(code(&setting.copy(origin.at(path)).await), "remote_too_large", "{path}");
    }
    setting.nothing_is_left().await;
}

#[tokio::test]
async fn a_batch_runs_three_at_a_time_and_one_failure_does_not_stop_the_rest() {
    let (now, peak, gate) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(3)));
    let (counted, highest) = (now, peak.clone());
    let origin = Origin::start(move |request: Received| {
        let (counted, highest, gate) = (counted.clone(), highest.clone(), gate.clone());
        async move {
            highest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Nobody gets on before three are here at once.
            gate.wait().await;
            counted.fetch_sub(1, Ordering::SeqCst);
            match request.path.as_str() {
                "/4" => Reply::new(404, ""),
                path => Reply::ok(path.to_owned()),
            }
        }
    })
    .await;
    let setting = setting(&origin).await;
    let uploads: Vec<_> =
        (0..9).map(|number| to(&format!("k{number}"), origin.at(&format!("/{number}")))).collect();
    let told = std::sync::Mutex::new(vec![0; uploads.len()]);
    let results = setting
        .remote
        .upload_from_urls(&uploads, DEFAULT_AT_ONCE, |place, so_far| {
            told.lock().unwrap()[place] = so_far.received
        })
        .await;
    let codes: Vec<_> = results.iter().map(code).collect();
    assert_eq!(codes, ["ok", "ok", "ok", "ok", "remote_refused", "ok", "ok", "ok", "ok"]);
    assert_eq!(told.into_inner().unwrap(), [2, 2, 2, 2, 0, 2, 2, 2, 2]);
    assert_eq!(peak.load(Ordering::SeqCst), 3);
    assert_eq!(setting.s3.store.get_bytes("k8", 10).await.unwrap(), "/8");
    assert_eq!(setting.s3.store.delete_prefix("k").await.unwrap(), 8);
    setting.nothing_is_left().await;
}

#[test]
fn an_error_about_a_remote_file_names_its_host_and_nothing_else() {
    let error = RemoteError::from(OutboundError::Private { host: "intranet".to_owned() });
    assert!(error.to_string().starts_with("intranet is not on the public internet"));
}
