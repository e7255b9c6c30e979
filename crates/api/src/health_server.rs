//! Health and metrics on a port of their own, for processes without an API and for networks that are trusted.

use std::sync::Arc;

use axum::Router;
use hyper_util::service::TowerToHyperService;
use telecine_app::App;
use telecine_http::Limits;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::problem::Problem;
use crate::routes;

/// Load balancers and scrapers.
const LIMITS: Limits = Limits { connections: 64, read_ahead_bytes: 16 * 1024 };

/// Answers `/health` and `/metrics` without asking for a token, until `shutdown`.
pub async fn serve_health(listener: TcpListener, app: Arc<App>, shutdown: CancellationToken) {
    let (routes, _) = routes::health().merge(routes::metrics()).split_for_parts();
    let router: Router = routes.fallback(|| async { Problem::not_found() }).with_state(app);
    let service = router
        .map_request(|request: http::Request<hyper::body::Incoming>| request.map(axum::body::Body::new));
    telecine_http::serve("health", listener, TowerToHyperService::new(service), LIMITS, shutdown).await;
}
