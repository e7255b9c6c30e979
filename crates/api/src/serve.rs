//! Taking connections.

use std::sync::Arc;

use hyper_util::service::TowerToHyperService;
use telecine_app::App;
use telecine_http::Limits;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::cors::Cors;
use crate::health_config::MetricsConfig;
use crate::router::router;

/// Requests are small JSON; the read-ahead only has to hold their heads.
const LIMITS: Limits = Limits { connections: 1024, read_ahead_bytes: 64 * 1024 };

/// The HTTP face of an [`App`].
pub struct Api {
    /// What it is the face of.
    pub app: Arc<App>,
    /// Origins of pages elsewhere that may read the answers.
    pub cors_origins: Vec<String>,
    /// Who may read the metrics.
    pub metrics: MetricsConfig,
}

impl Api {
    /// Answers requests until `shutdown`, then lets the running ones end.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let service = router(self.app, Cors::new(self.cors_origins), self.metrics)
            .map_request(|request: http::Request<hyper::body::Incoming>| request.map(axum::body::Body::new));
        telecine_http::serve("api", listener, TowerToHyperService::new(service), LIMITS, shutdown).await;
    }
}
