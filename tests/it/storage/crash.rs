//! `kill -9` at any moment: what was committed stays, what was not leaves no trace, and nothing in between.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use telecine_model::SystemClock;
use telecine_storage::StoreError;
use telecine_storage::embedded::EmbeddedServer;
use telecine_tests::storage::{RunningServer, TestBucket};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::embedded::names;
use super::multipart::{MIB_5, send_part};

const ROOT_VARIABLE: &str = "TELECINE_TEST_STORE_ROOT";

/// Serves a store until it is killed. Not a test of its own: the crash tests run it in a process of its own.
#[tokio::test]
#[ignore = "runs only as the child of a crash test"]
#[expect(clippy::disallowed_methods, reason = "the parent passes the folder to its child")]
async fn child_serves_a_store() {
    let Ok(root) = std::env::var(ROOT_VARIABLE) else {
        return;
    };
    let server = EmbeddedServer::open(Path::new(&root), Arc::new(SystemClock)).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nADDRESS http://{}", listener.local_addr().unwrap());
    server.serve(listener, CancellationToken::new()).await;
}

/// Starts the child over `root` and gives it with a bucket on it.
async fn start_child(root: &TempDir) -> (Child, TestBucket) {
    // The key pair is made before, so that the parent knows it.
    let credentials =
        EmbeddedServer::open(root.path(), Arc::new(SystemClock)).await.unwrap().credentials().clone();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["storage::crash::child_serves_a_store", "--exact", "--ignored", "--nocapture"])
        .env(ROOT_VARIABLE, root.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let endpoint = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some(address) = line.strip_prefix("ADDRESS ") {
            break Url::parse(address).unwrap();
        }
    };
    (child, TestBucket::new(&endpoint, &credentials, "media", Arc::new(SystemClock)))
}

/// SIGKILL, and the end of the process.
async fn kill(mut child: Child) {
    child.kill().await.unwrap();
}

/// Waits until the disk shows what the test wants to interrupt.
async fn until(mut is_seen: impl FnMut() -> bool) {
    let seen = async {
        while !is_seen() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.unwrap();
}

fn bytes_in_temps(root: &TempDir) -> u64 {
    let temps = std::fs::read_dir(root.path().join("media/t")).unwrap();
    temps.filter_map(|entry| entry.ok()?.metadata().ok()).map(|found| found.len()).sum()
}

fn assert_no_loose_ends(root: &TempDir) {
    for directory in ["t", "w"] {
        assert_eq!(names(root, directory), [""; 0], "{directory}");
    }
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_put_leaves_the_old_object_and_no_trace_of_the_new() {
    let root = TempDir::new().unwrap();
    let (child, s3) = start_child(&root).await;
    s3.store.ensure_bucket().await.unwrap();
    s3.store.put_bytes("k", "text/plain", None, Bytes::from_static(b"old")).await.unwrap();
    let connection =
        s3.raw.send_partly(s3.raw.object(Method::PUT, "k"), 8_000_000, &vec![7; 4_000_000]).await;
    until(|| bytes_in_temps(&root) > 1_000_000).await;
    kill(child).await;
    drop(connection);

    let server = RunningServer::start(root.path()).await;
    assert_eq!(server.bucket("media").store.get_bytes("k", 10).await.unwrap(), "old");
    assert_no_loose_ends(&root);
    assert_eq!(names(&root, "d").len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_kill_after_the_answer_loses_nothing() {
    let root = TempDir::new().unwrap();
    let (child, s3) = start_child(&root).await;
    s3.store.ensure_bucket().await.unwrap();
    for number in 0..20_u8 {
        s3.store
            .put_bytes(&format!("v/{number}"), "text/plain", None, Bytes::from(vec![number]))
            .await
            .unwrap();
    }
    kill(child).await;

    let server = RunningServer::start(root.path()).await;
    let s3 = server.bucket("media");
    for number in 0..20_u8 {
        assert_eq!(s3.store.get_bytes(&format!("v/{number}"), 1).await.unwrap(), vec![number]);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_kill_at_any_moment_of_a_complete_leaves_the_upload_or_the_object() {
    let root = TempDir::new().unwrap();
    let body = [vec![1; MIB_5], vec![2; MIB_5], b"end".to_vec()].concat();
    for round in 0..8 {
        let (child, s3) = start_child(&root).await;
        s3.store.ensure_bucket().await.unwrap();
        let id = s3.store.create_multipart("k", "video/mp4").await.unwrap();
        let mut parts = Vec::new();
        for (number, piece) in (1_u16..).zip(body.chunks(MIB_5)) {
            parts.push((number, send_part(&s3, "k", &id, number, Bytes::copy_from_slice(piece)).await));
        }
        // Every round gives the server a little longer.
        let completed = s3.store.complete_multipart("k", &id, &parts);
        let _ = tokio::time::timeout(Duration::from_micros(300 + 700 * round), completed).await;
        kill(child).await;

        let server = RunningServer::start(root.path()).await;
        let s3 = server.bucket("media");
        assert_no_loose_ends(&root);
        match s3.store.list_parts("k", &id).await {
            Ok(kept) => assert_eq!(kept.len(), parts.len(), "round {round}"),
            Err(StoreError::Gone { .. }) => {}
            Err(other) => panic!("round {round}: {other}"),
        }
        let stored = s3.store.complete_multipart("k", &id, &parts).await.unwrap();
        assert_eq!(stored.size, body.len() as u64, "round {round}");
        assert_eq!(s3.store.get_bytes("k", 1 << 30).await.unwrap(), body, "round {round}");
        assert_eq!((names(&root, "d"), names(&root, "u").len()), (vec![id], 0), "round {round}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_kill_at_any_moment_of_a_small_put_leaves_the_old_or_the_new_object() {
    let root = TempDir::new().unwrap();
    let mut expected: Option<String> = None;
    for round in 0..10_u64 {
        let (child, s3) = start_child(&root).await;
        s3.store.ensure_bucket().await.unwrap();
        let body = format!("round {round}");
        let put = s3.store.put_bytes("a/b/c", "text/plain", None, Bytes::from(body.clone()));
        let answered = tokio::time::timeout(Duration::from_micros(200 + 500 * round), put).await;
        kill(child).await;

        let server = RunningServer::start(root.path()).await;
        let found = server.bucket("media").store.get_bytes("a/b/c", 100).await;
        let found = found.ok().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        if let Ok(answer) = answered {
            answer.unwrap();
            assert_eq!(found.as_ref(), Some(&body));
        }
        assert!(found.as_ref() == Some(&body) || found == expected, "round {round}: {found:?}");
        assert_no_loose_ends(&root);
        assert_eq!(names(&root, "d").len(), usize::from(found.is_some()), "round {round}");
        expected = found;
        server.stop().await;
    }
}
