//! `kill -9` at any moment: what was committed stays, what was not leaves no trace, and nothing in between.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use secrecy::ExposeSecret as _;
use telecine_model::SystemClock;
use telecine_storage::StoreError;
use telecine_storage::embedded::{Credentials, EmbeddedServer};
use telecine_tests::form::Form;
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
    let Credentials { access_key_id, secret_access_key } = server.credentials();
    let (address, secret) = (listener.local_addr().unwrap(), secret_access_key.expose_secret());
    println!("\nREADY http://{address} {access_key_id} {secret}");
    server.serve(listener, CancellationToken::new()).await;
}

/// A server in a process of its own.
pub(crate) struct ChildServer(Child);

impl ChildServer {
    /// SIGKILL, and the end of the process.
    pub(crate) async fn kill(mut self) {
        self.0.kill().await.unwrap();
    }

    /// A path of the child, whose disks may be others, as this process reaches it.
    pub(crate) fn seen_by_child(&self, path: &Path) -> PathBuf {
        let inside = Path::new("/proc").join(self.0.id().unwrap().to_string()).join("root");
        inside.join(path.strip_prefix("/").unwrap())
    }
}

/// Starts a child over `root` and gives it with a bucket on it.
async fn start_child(root: &TempDir) -> (ChildServer, TestBucket) {
    start(Command::new(std::env::current_exe().unwrap()), root).await
}

/// Starts a child that sees a disk of 16 MB in place of `root`. The disk ends with the child.
pub(crate) async fn start_child_on_small_disk(root: &TempDir) -> (ChildServer, TestBucket) {
    let mut command = Command::new("unshare");
    let mount = format!("mount -t tmpfs -o size=16m none \"${ROOT_VARIABLE}\" && exec \"$@\"");
    command.args(["-Urm", "sh", "-c", &mount, "sh"]).arg(std::env::current_exe().unwrap());
    start(command, root).await
}

async fn start(mut command: Command, root: &TempDir) -> (ChildServer, TestBucket) {
    let mut child = command
        .args(["storage::crash::child_serves_a_store", "--exact", "--ignored", "--nocapture"])
        .env(ROOT_VARIABLE, root.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = loop {
        let line = lines.next_line().await.unwrap().expect("the child gets ready");
        if let Some(ready) = line.strip_prefix("READY ") {
            break ready.to_owned();
        }
    };
    let words: Vec<&str> = ready.split(' ').collect();
    let credentials = Credentials { access_key_id: words[1].to_owned(), secret_access_key: words[2].into() };
    let endpoint = Url::parse(words[0]).unwrap();
    (ChildServer(child), TestBucket::new(&endpoint, &credentials, "media", Arc::new(SystemClock)))
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

/// How many entries a directory has.
pub(crate) fn files_in(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
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
    child.kill().await;
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
    child.kill().await;

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
        child.kill().await;

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
        child.kill().await;

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

#[tokio::test]
async fn a_kill_at_any_moment_of_a_copy_leaves_the_old_or_the_new_object_and_the_source() {
    let root = TempDir::new().unwrap();
    let (child, s3) = start_child(&root).await;
    s3.store.ensure_bucket().await.unwrap();
    let id = s3.store.create_multipart("source", "video/mp4").await.unwrap();
    let mut parts = Vec::new();
    for number in 1..=4 {
        parts.push((number, send_part(&s3, "source", &id, number, Bytes::from(vec![7; MIB_5])).await));
    }
    s3.store.complete_multipart("source", &id, &parts).await.unwrap();
    child.kill().await;
    let mut is_copied = false;
    for round in 0..10_u64 {
        let (child, s3) = start_child(&root).await;
        let copy = s3.raw.object(Method::PUT, "copy").header("x-amz-copy-source", "/media/source");
        let copied = s3.raw.send(copy);
        let answered = tokio::time::timeout(Duration::from_micros(200 + 500 * round), copied).await;
        child.kill().await;

        let server = RunningServer::start(root.path()).await;
        let store = server.bucket("media").store;
        let found = store.get_bytes("copy", 1 << 30).await.ok();
        assert!(found.as_ref().is_none_or(|bytes| bytes.len() == 4 * MIB_5), "round {round}");
        assert!(found.is_some() || !is_copied, "round {round}");
        if let Ok(answer) = answered {
            assert_eq!(answer.status, 200);
            assert!(found.is_some(), "round {round}");
        }
        assert_eq!(store.head("source").await.unwrap().unwrap().size, 4 * MIB_5 as u64);
        assert_no_loose_ends(&root);
        is_copied = found.is_some();
        assert_eq!(names(&root, "d").len(), 1 + usize::from(is_copied), "round {round}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_kill_at_any_moment_of_a_form_leaves_the_old_or_the_new_object() {
    let root = TempDir::new().unwrap();
    let mut old: Option<Bytes> = None;
    for round in 0..10_u64 {
        let (child, s3) = start_child(&root).await;
        s3.store.ensure_bucket().await.unwrap();
        let new = Bytes::from(vec![u8::try_from(round).unwrap(); 500_000]);
        let form = Form::new("k", new.clone());
        let posted = s3.raw.post(&form);
        let answered = tokio::time::timeout(Duration::from_micros(500 + 2000 * round), posted).await;
        child.kill().await;

        let server = RunningServer::start(root.path()).await;
        let found = server.bucket("media").store.get_bytes("k", 1 << 20).await.ok();
        if let Ok(answer) = answered {
            assert_eq!((answer.status.as_u16(), found.as_ref()), (204, Some(&new)), "round {round}");
        }
        assert!(found.as_ref() == Some(&new) || found == old, "round {round}");
        assert_no_loose_ends(&root);
        assert_eq!(names(&root, "d").len(), usize::from(found.is_some()), "round {round}");
        old = found;
        server.stop().await;
    }
}
