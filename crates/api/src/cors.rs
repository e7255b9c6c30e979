//! Which pages of other origins may talk to the API.
//!
//! Cookies never come along: other origins send a token of their own. What browsers upload with takes upload tokens, so
//! without a list every origin may use it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type");
/// What pages may read beside the headers that they always may.
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After");
/// How long a browser may remember a preflight: one hour; Chromium takes at most two.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("3600");
const ANY: HeaderValue = HeaderValue::from_static("*");
const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

/// Where upload tokens work.
const UPLOADS: [&str; 3] = ["/uppy", "/api/v1/uploads", "/api/v1/upload-limits"];

/// The origins that are allowed, written as browsers write them; none means the server's own only.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    origins: Vec<String>,
}

impl Cors {
    pub(crate) fn new(origins: Vec<String>) -> Self {
        Self { origins }
    }

    /// What `Access-Control-Allow-Origin` says to a request for this path.
    fn allowed(&self, path: &str, request: &HeaderMap) -> Option<HeaderValue> {
        if self.origins.is_empty() {
            let is_below = |root: &&str| {
                path.strip_prefix(*root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            return UPLOADS.iter().any(is_below).then_some(ANY);
        }
        let is_listed =
            |origin: &&HeaderValue| self.origins.iter().any(|own| own.as_bytes() == origin.as_bytes());
        request.get(header::ORIGIN).filter(is_listed).cloned()
    }
}

/// Answers preflights, and adds what lets a page of an allowed origin read the answer.
pub(crate) async fn share(State(cors): State<Arc<Cors>>, request: Request, next: Next) -> Response {
    let allowed = cors.allowed(request.uri().path(), request.headers());
    let mut response =
        if is_preflight(&request) { preflight(allowed.is_some()) } else { next.run(request).await };
    let headers = response.headers_mut();
    if !cors.origins.is_empty() {
        headers.append(header::VARY, ORIGIN);
    }
    if let Some(origin) = allowed {
        // Playlists allow every origin themselves.
        headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(is_allowed: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if is_allowed {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    }
    response
}
