//! The loop around an HTTP/1 service: connections and their limits, and an orderly end. The API and the embedded S3
//! endpoint both stand behind it.

mod stall;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use stall::StallGuard;

/// A client has this long to send the head of a request, also between two requests.
const HEAD_LIMIT: Duration = Duration::from_secs(15);
/// Requests in progress may finish for this long after the shutdown was asked for.
const GRACE: Duration = Duration::from_secs(10);
/// After a failed accept (no file handles left, mostly) the next try waits, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one server may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; the rest wait in the backlog.
    pub connections: usize,
    /// Bytes read ahead per connection, at least 8192.
    pub read_ahead_bytes: usize,
}

/// Serves until `shutdown`, then lets running requests finish for 10 s. `name` is for the log.
pub async fn serve<S, B>(
    name: &'static str,
    listener: TcpListener,
    service: S,
    limits: Limits,
    shutdown: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(name, &listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let (service, shutdown) = (service.clone(), shutdown.clone());
        connections.spawn(async move {
            converse(name, stream, service, limits.read_ahead_bytes, shutdown).await;
            drop(place);
        });
    }
    drop(listener);
    let finished = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} });
    if finished.await.is_err() {
        tracing::warn!(server = name, connections = connections.len(), "connections were cut at shutdown");
        connections.shutdown().await;
    }
}

async fn accept(
    name: &'static str,
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(server = name, %error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn converse<S, B>(
    name: &'static str,
    stream: TcpStream,
    service: S,
    read_ahead_bytes: usize,
    shutdown: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Answers are written whole; waiting to fill packets would only delay them.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(read_ahead_bytes)
        .serve_connection(TokioIo::new(StallGuard::new(stream)), service)
        // A connection that becomes a WebSocket belongs to whoever asked for it from then on.
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(server = name, %error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::Full;
    use hyper::service::service_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A server that answers every request with `ok`.
    async fn start(limits: Limits) -> (std::net::SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (address, shutdown) = (listener.local_addr().expect("an address"), CancellationToken::new());
        let service = service_fn(|_| async { Ok::<_, Infallible>(Response::new(Full::new(&b"ok"[..]))) });
        let task = tokio::spawn(serve("test", listener, service, limits, shutdown.clone()));
        (address, shutdown, task)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_finishes_its_request_head_is_cut_off() {
        let (address, shutdown, task) = start(Limits { connections: 4, read_ahead_bytes: 8192 }).await;
        let mut slow = TcpStream::connect(address).await.expect("connected");
        let begun = tokio::time::Instant::now();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("sent");
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).await.expect("the server closes");
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
        assert!(
            (HEAD_LIMIT..HEAD_LIMIT + Duration::from_secs(5)).contains(&begun.elapsed()),
            "{:?}",
            begun.elapsed()
        );
        shutdown.cancel();
        task.await.expect("the server ends");
    }

    /// One request and its answer on a connection that stays open.
    async fn ask(connection: &mut TcpStream) {
        connection.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nok") {
            assert_ne!(connection.read_buf(&mut answer).await.expect("an answer"), 0, "the server goes on");
        }
    }

    #[tokio::test]
    async fn connections_over_the_limit_wait_until_a_place_is_free() {
        let (address, shutdown, task) = start(Limits { connections: 1, read_ahead_bytes: 8192 }).await;
        let mut first = TcpStream::connect(address).await.expect("connected");
        ask(&mut first).await;
        let mut second = TcpStream::connect(address).await.expect("in the backlog");
        second.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("sent");
        // Time enough for an answer, were there a place for the second.
        for _ in 0..50 {
            ask(&mut first).await;
        }
        let unanswered = second.try_read(&mut [0]).expect_err("no answer while the first is there");
        assert_eq!(unanswered.kind(), std::io::ErrorKind::WouldBlock);
        drop(first);
        let mut answer = String::new();
        second.read_to_string(&mut answer).await.expect("answered once the first has gone");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
        shutdown.cancel();
        task.await.expect("the server ends");
    }
}
