//! Cross-origin rules: browsers send parts here and read their ETags, from whatever origin the app has.
//!
//! No cookies are involved: the right to do something lies in the signature of the address. A preflight is therefore
//! answered before authentication, and every answer, refusals included, can be read by the page.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use s3s::{Body, HttpResponse};

const METHODS: HeaderValue = HeaderValue::from_static("GET, PUT, POST, DELETE, HEAD");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("ETag, Location, Content-Length, Content-Range, Accept-Ranges, Last-Modified");
/// How long a browser may remember a preflight: one hour; Chromium takes at most two.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("3600");
const CROSS_ORIGIN: HeaderValue = HeaderValue::from_static("cross-origin");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Which pages may talk to the endpoint.
#[derive(Debug, Clone, Default)]
pub(super) struct Cors {
    /// Empty means any.
    origins: Vec<String>,
}

impl Cors {
    /// Allows these origins, written as browsers write them (`https://app.example`); none means any.
    pub(super) fn new(origins: Vec<String>) -> Self {
        Self { origins }
    }

    /// The answer to OPTIONS; `None` for another method.
    pub(super) fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<HttpResponse> {
        if method != Method::OPTIONS {
            return None;
        }
        let mut answer = HttpResponse::new(Body::empty());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let headers = answer.headers_mut();
        if self.allowed(request).is_some() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
            if let Some(asked) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
            }
        }
        Some(answer)
    }

    /// Adds what every answer carries.
    pub(super) fn decorate(&self, request_origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        // What is stored here was uploaded by users: a browser must take it for what its type says.
        answer.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        answer.insert(RESOURCE_POLICY, CROSS_ORIGIN);
        if !self.origins.is_empty() {
            answer.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.allowed_origin(request_origin) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        self.allowed_origin(request.get(header::ORIGIN))
    }

    fn allowed_origin(&self, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        if self.origins.is_empty() {
            return Some(HeaderValue::from_static("*"));
        }
        origin
            .filter(|origin| self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()))
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decorated(cors: &Cors, origin: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        cors.decorate(Some(&HeaderValue::from_static(origin)), &mut headers);
        headers
    }

    #[test]
    fn only_listed_origins_are_allowed_and_caches_are_told() {
        let cors = Cors::new(vec!["https://app.example".to_owned()]);
        let allowed = decorated(&cors, "https://app.example");
        assert_eq!(allowed[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
        assert_eq!(allowed[header::VARY], "Origin");
        let other = decorated(&cors, "https://app.example.evil");
        assert!(!other.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        assert_eq!(other[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[test]
    fn without_a_list_every_origin_is_allowed() {
        assert_eq!(decorated(&Cors::default(), "http://x")[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}
