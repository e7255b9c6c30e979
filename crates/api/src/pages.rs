//! The embedded pages. Any path without a file of its own gets `index.html`; the page decides what it shows.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use maud::Markup;
use rust_embed::RustEmbed;
use telecine_app::App;

use crate::problem::Problem;

/// What `npm run build` in `web/` has written.
#[derive(RustEmbed)]
#[folder = "dist"]
struct Dist;

const INDEX: &str = "index.html";
/// What stands in it where a video has more to say.
const TITLE: &str = "<title>Telecine</title>";
/// For pages of every origin; browsers load a module from elsewhere only when it says so.
const ELEMENTS: [&str; 2] = ["assets/player.js", "assets/uploader.js"];
/// Stable names, so every use asks whether the file has changed; the answer is mostly 304.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Serves a file of the web build, or the page.
pub(crate) async fn serve(
    State(app): State<Arc<App>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_of_routes = ["api/", "play/", "uppy/"].iter().any(|prefix| path.starts_with(prefix));
    if is_of_routes || !matches!(method, Method::GET | Method::HEAD) {
        return Problem::not_found().into_response();
    }
    if path != INDEX && Dist::get(path).is_some() {
        return file(path, &headers);
    }
    if path.starts_with("assets/") {
        return Problem::not_found().into_response();
    }
    page(&app, &headers)
}

/// The page, whatever it will show.
pub(crate) fn page(app: &App, headers: &HeaderMap) -> Response {
    let mut page = file(INDEX, headers);
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, content_security_policy(app, "'self'"));
    page
}

/// The page with a head of its own in place of its title.
pub(crate) fn page_with_head(app: &App, head: &Markup) -> Response {
    let page = Dist::get(INDEX).map(|file| file.data).unwrap_or_default();
    let page = String::from_utf8_lossy(&page).replacen(TITLE, &head.0, 1);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, content_security_policy(app, "'self'")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Html(page)).into_response()
}

/// The policy of the player's own page, which every page may show.
pub(crate) fn embed_security_policy(app: &App) -> HeaderValue {
    content_security_policy(app, "*")
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    let accepts_brotli =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.split(',').any(|coding| coding.split(';').next().unwrap_or_default().trim() == "br")
        });
    let brotli = Dist::get(&format!("{path}.br")).filter(|_| accepts_brotli);
    let is_brotli = brotli.is_some();
    let Some(file) = brotli.or_else(|| Dist::get(path)) else { return Problem::not_found().into_response() };
    let hash = file.metadata.sha256_hash();
    let etag = format!("\"{}\"", hash[..12].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let is_known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let answer = response.headers_mut();
    let kind = Dist::get(path).map(|file| file.metadata.mimetype().to_owned()).unwrap_or_default();
    answer.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(&kind).unwrap_or(HeaderValue::from_static("text/plain")),
    );
    answer.insert(header::ETAG, HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("")));
    answer.insert(header::CACHE_CONTROL, REVALIDATE);
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if ELEMENTS.contains(&path) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if is_brotli {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

/// Only our own scripts and styles run; bytes go to and come from this server, its storage and its CDN alone.
fn content_security_policy(app: &App, ancestors: &str) -> HeaderValue {
    let mut media = app.store.public_origin();
    if let Some(cdn) = &app.delivery.cdn_url {
        media = format!("{media} {}", cdn.origin().ascii_serialization());
    }
    let policy = format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: {media}; \
         media-src 'self' blob: {media}; connect-src 'self' {media}; frame-ancestors {ancestors}; base-uri 'none'; \
         form-action 'self'; object-src 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}
