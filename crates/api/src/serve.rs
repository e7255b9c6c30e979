//! Taking connections.

use std::sync::Arc;

use hyper_util::service::TowerToHyperService;
use telecine_app::App;
use telecine_http::Limits;
use telecine_queue::Queues;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::cors::Cors;
use crate::router::router;

/// Requests are small JSON; the read-ahead only has to hold their heads.
const LIMITS: Limits = Limits { connections: 1024, read_ahead_bytes: 64 * 1024 };

/// Answers requests until `shutdown`, then lets the running ones end. Pages of `cors_origins` may read the answers.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    queues: Arc<dyn Queues>,
    cors_origins: Vec<String>,
    shutdown: CancellationToken,
) {
    let service = router(app, queues, Cors::new(cors_origins))
        .map_request(|request: http::Request<hyper::body::Incoming>| request.map(axum::body::Body::new));
    telecine_http::serve("api", listener, TowerToHyperService::new(service), LIMITS, shutdown).await;
}
