//! Counts every request by its route.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use telecine_app::App;

/// What has no route of its own: the embedded pages, and paths that lead nowhere.
const PAGES: &str = "pages";

/// Notes method, route, status and time of an answer.
pub(crate) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (method, begun) = (request.method().clone(), Instant::now());
    let response = next.run(request).await;
    // Methods are text from outside; the usual ones are few.
    let method = if is_usual(&method) { method.as_str() } else { "other" };
    let route = route.as_ref().map_or(PAGES, MatchedPath::as_str);
    app.metrics.http.answered(method, route, response.status().as_u16(), begun.elapsed());
    response
}

fn is_usual(method: &http::Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")
}
