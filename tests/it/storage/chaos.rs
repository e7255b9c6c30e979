//! Several writers, every way to write, and a server that is killed again and again: what was acknowledged stays.

use std::cell::RefCell;

use bytes::Bytes;
use http::Method;
use telecine_tests::form::Form;
use telecine_tests::raw_s3::RawAnswer;
use telecine_tests::storage::TestBucket;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::crash::start_child;
use super::embedded::names;
use super::multipart::send_part;

const WRITERS: usize = 6;
const SHORT_KILLS: usize = 10;
const SOAK_KILLS: usize = 300;
/// Writes between two kills: different in every round, the same in every run.
const WRITES: [usize; 5] = [1, 7, 23, 4, 40];

/// What a key holds: nothing, or these bytes.
type State = Option<Bytes>;

/// What is known of one key.
#[derive(Debug, Default)]
struct Known {
    acknowledged: State,
    /// Sent, and not answered yet.
    attempted: Option<State>,
    writes: usize,
}

/// What is known of all keys, each with one writer.
struct Ledger {
    keys: RefCell<Vec<Known>>,
    answered: Notify,
}

fn key(writer: usize) -> String {
    format!("w/{writer}")
}

/// Bytes that no other write has.
fn body(writer: usize, write: usize) -> Bytes {
    let line = format!("{writer} {write} ");
    Bytes::from(line.repeat(1 + write * 37 % 5000))
}

fn expect_success(answer: &RawAnswer) {
    assert!(answer.status.is_success(), "{}: {}", answer.status, answer.text());
}

/// Writes to one key, each time another way, until the caller has enough of it.
async fn write_on(s3: &TestBucket, ledger: &Ledger, writer: usize) {
    loop {
        let write = ledger.keys.borrow()[writer].writes;
        let (old, new) = (ledger.keys.borrow()[writer].acknowledged.clone(), body(writer, write));
        let (way, state) = match write % 6 {
            0 => ("put", Some(new)),
            1 => ("form", Some(new)),
            2 => ("parts", Some(new)),
            3 => ("copy", Some(Bytes::from_static(b"source"))),
            4 if old.is_some() => ("touch", old),
            _ => ("delete", None),
        };
        ledger.keys.borrow_mut()[writer].attempted = Some(state.clone());
        send(s3, &key(writer), way, state.clone().unwrap_or_default()).await;
        let known = &mut ledger.keys.borrow_mut()[writer];
        (known.acknowledged, known.attempted, known.writes) = (state, None, write + 1);
        ledger.answered.notify_one();
    }
}

async fn send(s3: &TestBucket, key: &str, way: &str, body: Bytes) {
    let copy = |source: &str| {
        let source = format!("media/{source}");
        s3.raw.object(Method::PUT, key).header("x-amz-copy-source", &source).header("content-length", "0")
    };
    match way {
        "put" => expect_success(&s3.raw.send(s3.raw.object(Method::PUT, key).body(body)).await),
        "form" => expect_success(&s3.raw.post(&Form::new(key, body)).await),
        "parts" => {
            let id = s3.store.create_multipart(key, "text/plain").await.unwrap();
            let etag = send_part(s3, key, &id, 1, body).await;
            s3.store.complete_multipart(key, &id, &[(1, etag)]).await.unwrap();
        }
        "copy" => expect_success(&s3.raw.send(copy("source")).await),
        "touch" => {
            let touch = copy(key).header("x-amz-metadata-directive", "REPLACE");
            expect_success(&s3.raw.send(touch).await);
        }
        _ => expect_success(&s3.raw.send(s3.raw.object(Method::DELETE, key)).await),
    }
}

/// Lets all writers write until `writes` more have been answered; some are in the middle of one then.
async fn write_some(s3: &TestBucket, ledger: &Ledger, writes: usize) {
    let writers = futures::future::join_all((0..WRITERS).map(|writer| write_on(s3, ledger, writer)));
    let enough = async {
        for _ in 0..writes {
            ledger.answered.notified().await;
        }
    };
    tokio::select! { _ = writers => {}, () = enough => {} }
}

/// Whether every key holds what was last acknowledged, or what was being written.
async fn check(s3: &TestBucket, ledger: &Ledger, round: usize) {
    for writer in 0..WRITERS {
        let answer = s3.raw.send(s3.raw.object(Method::GET, &key(writer))).await;
        let found = match answer.status.as_u16() {
            200 => Some(answer.body),
            404 => None,
            other => panic!("round {round}, {}: {other}", key(writer)),
        };
        let known = &mut ledger.keys.borrow_mut()[writer];
        let attempted = known.attempted.take();
        let is_right = found == known.acknowledged || attempted.as_ref() == Some(&found);
        assert!(is_right, "round {round}, {}, write {}: {found:?}", key(writer), known.writes);
        // What was in the middle when the server died was one write, whatever came of it.
        known.writes += usize::from(attempted.is_some());
        known.acknowledged = found;
    }
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_keeps_what_it_has_acknowledged() {
    let root = TempDir::new().unwrap();
    let kills = if crate::is_soak() { SOAK_KILLS } else { SHORT_KILLS };
    let keys = RefCell::new((0..WRITERS).map(|_| Known::default()).collect());
    let ledger = Ledger { keys, answered: Notify::new() };
    for round in 0..kills {
        let (child, s3) = start_child(&root).await;
        s3.store.ensure_bucket().await.unwrap();
        s3.store.put_bytes("source", "text/plain", None, Bytes::from_static(b"source")).await.unwrap();
        check(&s3, &ledger, round).await;
        write_some(&s3, &ledger, WRITES[round % WRITES.len()]).await;
        child.kill().await;
    }

    let (child, s3) = start_child(&root).await;
    check(&s3, &ledger, kills).await;
    for upload in s3.store.list_multipart_uploads("").await.unwrap() {
        s3.store.abort_multipart(&upload.key, &upload.upload_id).await.unwrap();
    }
    assert_eq!(names(&root, "d").len(), s3.store.list("").await.unwrap().len());
    for directory in ["t", "u", "w"] {
        assert_eq!(names(&root, directory), [""; 0], "{directory}");
    }
    child.kill().await;
}
