//! The service behind the embedded endpoint's port: preflights, refusals, then the S3 layer.

use std::convert::Infallible;
use std::sync::Arc;

use http::{StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use s3s::service::S3Service;
use s3s::{Body, HttpRequest, HttpResponse, S3Error};
use telecine_http::Limits;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::cors::Cors;
use super::credentials::Credentials;
use super::drain::{Lent, drain, lend};
use super::form;
use super::guard;
use super::store::Store;

/// Each connection holds at most about 1.5 MB while it carries a body.
const LIMITS: Limits = Limits { connections: 512, read_ahead_bytes: 256 * 1024 };

/// What answers a request.
pub(super) struct Endpoint {
    pub(super) s3: S3Service,
    /// Forms go past the S3 layer.
    pub(super) store: Arc<Store>,
    pub(super) credentials: Credentials,
    pub(super) cors: Cors,
}

/// Serves until `shutdown`, then lets running requests finish for a while.
pub(super) async fn serve(endpoint: Arc<Endpoint>, listener: TcpListener, shutdown: CancellationToken) {
    let service = service_fn(move |request| {
        let endpoint = Arc::clone(&endpoint);
        async move { Ok::<_, Infallible>(endpoint.answer(request).await) }
    });
    telecine_http::serve("storage", listener, service, LIMITS, shutdown).await;
}

impl Endpoint {
    async fn answer(&self, request: http::Request<Incoming>) -> HttpResponse {
        let origin = request.headers().get(header::ORIGIN).cloned();
        // A client that asks first has not begun to send; reading would tell it to.
        let asks_first = request.headers().contains_key(header::EXPECT);
        let (parts, body) = request.into_parts();
        let (body, rest) = lend(body);
        let mut answer = match self.cors.preflight(&parts.method, &parts.headers) {
            Some(preflight) => preflight,
            None if form::is_form(&parts.method, &parts.headers) => {
                self.form_answer(http::Request::from_parts(parts, body)).await
            }
            None => self.s3_answer(HttpRequest::from_parts(parts, Body::http_body_unsync(body))).await,
        };
        if !answer.status().is_success() && !asks_first {
            drain(rest).await;
        }
        self.cors.decorate(origin.as_ref(), answer.headers_mut());
        answer
    }

    async fn form_answer(&self, request: http::Request<Lent>) -> HttpResponse {
        match form::post_object(&self.store, &self.credentials, request).await {
            Ok(answer) => answer,
            Err(refusal) => refusal.to_http_response().unwrap_or_else(failed),
        }
    }

    async fn s3_answer(&self, request: HttpRequest) -> HttpResponse {
        if let Err(refusal) = guard::check(request.uri(), request.headers()) {
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
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}
