//! All routes, and what every request passes through.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use telecine_app::App;
use tower_http::trace::TraceLayer;
use utoipa::openapi::OpenApi;

use crate::cors::{self, Cors};
use crate::health_config::MetricsConfig;
use crate::problem::Problem;
use crate::queue_state::QueueState;
use crate::{access, counting, headers, pages, routes};

/// The largest body: the parts of a 10 000 part upload as JSON are about 700 KB.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The longest request: completing a large multipart upload takes storage some seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The whole HTTP service.
pub(crate) fn router(app: Arc<App>, cors: Cors, metrics: MetricsConfig) -> Router {
    let state = QueueState { queues: app.queues.clone(), clock: app.clock.clone() };
    let of_queues = routes::of_queues().with_state(state);
    let (mut open, mut closed) = (routes::open().merge(routes::health()), routes::closed().merge(of_queues));
    if metrics.open {
        open = open.merge(routes::metrics());
    } else {
        closed = closed.merge(routes::metrics());
    }
    let ((open, _), (closed, _)) = (open.split_for_parts(), closed.split_for_parts());
    let (for_uploads, _) = routes::for_uploads().split_for_parts();
    let closed = closed.layer(from_fn_with_state(app.clone(), access::require));
    let for_uploads = for_uploads.layer(from_fn_with_state(app.clone(), access::require_for_uploads));
    open.merge(closed)
        .merge(for_uploads)
        .fallback(pages::serve)
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(limit_time))
        .layer(headers::compression())
        .layer(from_fn(headers::careful))
        .layer(from_fn_with_state(Arc::new(cors), cors::share))
        .layer(from_fn_with_state(app.clone(), counting::count))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(note_status))
        .with_state(app)
}

/// The description of every route.
pub(crate) fn described() -> OpenApi {
    let routes = routes::open().merge(routes::health()).merge(routes::closed()).merge(routes::metrics());
    let mut described = routes.merge(routes::for_uploads()).into_openapi();
    described.merge(routes::of_queues().into_openapi());
    described
}

async fn limit_time(request: Request, next: axum::middleware::Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            "the request took longer than 60 s; try again",
        )
        .into_response(),
    }
}

/// The path without its query: sign-in codes and the tokens in addresses stay out of the log.
fn span<B>(request: &http::Request<B>) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // Asked for every few seconds by machines.
    if route.is_some_and(|route| route.starts_with("/health") || route.starts_with("/metrics")) {
        return tracing::Span::none();
    }
    let path = request.uri().path();
    let with_token = [("/play/", "/play/…"), ("/uppy/", "/uppy/…")];
    let shown = with_token.iter().find(|(prefix, _)| path.starts_with(prefix));
    let path = shown.map_or(path, |(_, shown)| shown);
    let name = format!("{} {}", request.method(), route.unwrap_or("pages"));
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    tracing::debug_span!(
        "request",
        otel.name = name,
        otel.kind = "server",
        otel.error = tracing::field::Empty,
        traceparent,
        http.request.method = %request.method(),
        http.route = route,
        url.path = path,
        http.response.status_code = tracing::field::Empty,
    )
}

fn note_status(response: &Response, _latency: Duration, span: &tracing::Span) {
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.error", status.canonical_reason().unwrap_or("error"));
    }
}
