//! HTTP around the S3 layer: connections, their limits, and an orderly end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::header;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::service::S3Service;
use s3s::{Body, HttpRequest, HttpResponse, S3Error};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::cors::Cors;
use super::guard;
use super::stall::StallGuard;

/// A client has this long to send the head of a request, also between two requests.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// Connections at once. Each holds at most about 1.5 MB while it carries a body; the rest wait in the backlog.
const MAX_CONNECTIONS: usize = 512;

/// What hyper reads ahead per connection.
const READ_AHEAD_BYTES: usize = 256 * 1024;

/// Requests in progress may finish for this long after the shutdown was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// After a failed accept (no file handles left, mostly) the next try waits, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What answers a request.
pub(super) struct Endpoint {
    pub(super) s3: S3Service,
    pub(super) cors: Cors,
}

/// Serves until `shutdown`, then lets running requests finish for a while.
pub(super) async fn serve(endpoint: Arc<Endpoint>, listener: TcpListener, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let (endpoint, shutdown) = (Arc::clone(&endpoint), shutdown.clone());
        connections.spawn(async move {
            converse(endpoint, stream, shutdown).await;
            drop(place);
        });
    }
    drop(listener);
    let finished = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} });
    if finished.await.is_err() {
        warn!("{} storage connections were cut at shutdown", connections.len());
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            warn!(%error, "accepting a storage connection failed");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn converse(endpoint: Arc<Endpoint>, stream: TcpStream, shutdown: CancellationToken) {
    // Answers are written whole; waiting to fill packets would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let endpoint = Arc::clone(&endpoint);
        async move { Ok::<_, Infallible>(endpoint.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(READ_AHEAD_BYTES)
        .serve_connection(TokioIo::new(StallGuard::new(stream)), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a storage connection ended early");
    }
}

impl Endpoint {
    async fn answer(&self, request: http::Request<Incoming>) -> HttpResponse {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let mut answer = match self.cors.preflight(request.method(), request.headers()) {
            Some(preflight) => preflight,
            None => self.s3_answer(request.map(Body::from)).await,
        };
        self.cors.decorate(origin.as_ref(), answer.headers_mut());
        answer
    }

    async fn s3_answer(&self, request: HttpRequest) -> HttpResponse {
        if let Err(refusal) = guard::check(request.method(), request.uri(), request.headers()) {
            return refusal.to_http_response().unwrap_or_else(failed);
        }
        match self.s3.call(request).await {
            Ok(answer) => answer,
            Err(_) => failed(s3s::s3_error!(InternalError)),
        }
    }
}

fn failed(_: S3Error) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::empty());
    *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    answer
}
