//! A server that fails: what the client sends again, and how it reads answers that lie.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use telecine_storage::embedded::Credentials;
use telecine_storage::{ObjectStore, StoreError};
use telecine_tests::clock::ImpatientClock;
use telecine_tests::storage::TestBucket;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

/// A server that gives one of these answers to each connection in turn, and counts them.
async fn scripted(answers: Vec<String>) -> (ObjectStore, Arc<ImpatientClock>, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move {
        let mut heads = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            heads.push(String::from_utf8(head).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        heads
    });
    let credentials = Credentials { access_key_id: "AKIATEST".into(), secret_access_key: "secret".into() };
    let clock = Arc::new(ImpatientClock::default());
    let bucket = TestBucket::new(&endpoint, &credentials, "media", clock.clone());
    (bucket.store, clock, server)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

fn busy() -> String {
    answer("503 Service Unavailable", "", "<Error><Code>SlowDown</Code></Error>")
}

#[tokio::test]
async fn a_busy_server_is_asked_four_times_with_growing_patience() {
    let (store, clock, server) = scripted(vec![busy(), busy(), busy(), busy()]).await;
    let failed = store.get_bytes("k", 10).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    assert_eq!(server.await.unwrap().len(), 4);
    let waits = clock.waits();
    let limits = [1, 2, 4].map(Duration::from_secs);
    assert_eq!(waits.len(), 3);
    assert!(waits.iter().zip(limits).all(|(wait, limit)| *wait <= limit), "{waits:?}");
}

#[tokio::test]
async fn a_server_that_recovers_is_believed_and_its_wish_to_wait_is_honoured() {
    let turned_away = answer("429 Too Many Requests", "retry-after: 7\r\n", "");
    let (store, clock, server) = scripted(vec![turned_away, busy(), answer("200 OK", "", "bytes")]).await;
    assert_eq!(store.get_bytes("k", 10).await.unwrap(), "bytes");
    assert_eq!(server.await.unwrap().len(), 3);
    assert!(clock.waits()[0] > Duration::from_secs(6));
}

#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    let denied = answer("403 Forbidden", "", "<Error><Code>AccessDenied</Code></Error>");
    let (store, clock, server) = scripted(vec![denied]).await;
    assert!(matches!(store.head("k").await, Err(StoreError::Denied { .. })));
    assert_eq!(server.await.unwrap().len(), 1);
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn an_upload_is_not_opened_twice_when_the_first_try_may_have_worked() {
    let broken = answer("500 Internal Server Error", "", "");
    let (store, _, server) = scripted(vec![broken]).await;
    assert!(store.create_multipart("k", "video/mp4").await.unwrap_err().is_transient());
    assert_eq!(server.await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_complete_that_says_200_and_means_an_error_is_an_error() {
    let lie = answer("200 OK", "", "\n\n<Error><Code>InvalidPart</Code><Message>part 2</Message></Error>");
    let (store, _, server) = scripted(vec![lie]).await;
    let failed = store.complete_multipart("k", "id", &[(1, "e".to_owned())]).await;
    assert!(matches!(failed, Err(StoreError::InvalidPart { .. })), "{failed:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_complete_that_broke_off_is_sent_again_and_an_empty_etag_is_looked_up() {
    let broken = answer("200 OK", "", "");
    let ceph = answer("200 OK", "", "<CompleteMultipartUploadResult><ETag/></CompleteMultipartUploadResult>");
    let head =
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\netag: \"abc-1\"\r\n\r\n".to_owned();
    let (store, _, server) = scripted(vec![broken, ceph, head]).await;
    let stored = store.complete_multipart("k", "id", &[(1, "e".to_owned())]).await.unwrap();
    assert_eq!((stored.size, stored.etag.as_str()), (9, "abc-1"));
    assert_eq!(server.await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped_and_only_with_the_same_object() {
    let cut =
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\netag: \"e\"\r\n\r\n01234".to_owned();
    let rest = answer("206 Partial Content", "etag: \"e\"\r\ncontent-range: bytes 5-9/10\r\n", "56789");
    let (store, _, server) = scripted(vec![cut.clone(), rest]).await;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("got");
    assert_eq!(store.download("k", None, &path, |_| ()).await.unwrap(), 10);
    assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");
    let heads = server.await.unwrap();
    assert!(heads[1].contains("range: bytes=5-") && heads[1].contains("if-match: \"e\""), "{}", heads[1]);

    let other = answer("206 Partial Content", "etag: \"f\"\r\ncontent-range: bytes 5-9/10\r\n", "xxxxx");
    let (store, _, server) = scripted(vec![cut, other]).await;
    let changed = store.download("k", None, &path, |_| ()).await;
    assert!(matches!(changed, Err(StoreError::Changed { .. })), "{changed:?}");
    assert!(!path.exists());
    server.await.unwrap();
}

#[tokio::test]
async fn a_resumed_download_that_gets_something_else_asks_again_before_it_gives_up() {
    let cut =
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\netag: \"e\"\r\n\r\n01234".to_owned();
    let whole = answer("200 OK", "etag: \"e\"\r\n", "0123456789");
    let endless =
        "HTTP/1.1 206 Partial Content\r\nconnection: close\r\netag: \"e\"\r\ncontent-range: bytes 5-9/10\r\n\r\n56789"
            .to_owned();
    let elsewhere =
        answer("206 Partial Content", "etag: \"e\"\r\ncontent-range: bytes 0-9/10\r\n", "0123456789");
    let rest = answer("206 Partial Content", "etag: \"e\"\r\ncontent-range: bytes 5-9/10\r\n", "56789");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("got");
    for strange in [whole.clone(), endless, elsewhere] {
        let (store, _, server) = scripted(vec![cut.clone(), strange, rest.clone()]).await;
        assert_eq!(store.download("k", None, &path, |_| ()).await.unwrap(), 10);
        assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");
        server.await.unwrap();
    }
    let (store, clock, server) = scripted(vec![cut, whole.clone(), whole.clone(), whole]).await;
    let failed = store.download("k", None, &path, |_| ()).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    server.await.unwrap();
    assert_eq!(clock.waits().len(), 3);
}

#[tokio::test]
async fn an_error_never_shows_an_address_or_a_secret() {
    let (store, _, server) = scripted(Vec::new()).await;
    server.await.unwrap();
    // Nobody listens any more.
    for failed in [
        store.head("k").await.unwrap_err(),
        store.get_bytes("k", 1).await.unwrap_err(),
        store.put_bytes("k", "text/plain", None, Bytes::new()).await.unwrap_err(),
        store.download("k", None, &TempDir::new().unwrap().path().join("got"), |_| ()).await.unwrap_err(),
    ] {
        let shown = format!("{failed} {failed:?}");
        assert!(matches!(failed, StoreError::Unavailable { .. }), "{shown}");
        assert!(
            !shown.contains("X-Amz") && !shown.contains("secret") && !shown.contains("AKIATEST"),
            "{shown}"
        );
    }
}
