//! Headers that every answer carries, and which answers are compressed.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Answers up to this size are not worth compressing.
const COMPRESS_ABOVE_BYTES: u64 = 1024;
/// As the requirements say: most of the gain at a fraction of the time of the highest level.
const COMPRESSION_LEVEL: i32 = 6;

/// Compresses text answers over 1 KB, never event streams or media.
pub(crate) fn compression() -> CompressionLayer<And<SizeAbove, IsText>> {
    CompressionLayer::new()
        .br(true)
        .gzip(true)
        .quality(CompressionLevel::Precise(COMPRESSION_LEVEL))
        .compress_when(SizeAbove::new(COMPRESS_ABOVE_BYTES).and(IsText))
}

/// Picks answers whose media type is text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsText;

impl Predicate for IsText {
    fn should_compress<B>(&self, response: &http::Response<B>) -> bool
    where
        B: axum::body::HttpBody,
    {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match essence {
            "text/event-stream" => false,
            "application/json"
            | "application/problem+json"
            | "application/vnd.apple.mpegurl"
            | "application/dash+xml"
            | "application/javascript"
            | "image/svg+xml" => true,
            essence => essence.starts_with("text/"),
        }
    }
}

/// Adds the headers that make browsers careful: no guessing of types, and no address (playlists hold signed ones)
/// told to other sites.
pub(crate) async fn careful(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
