//! Taking connections.

use std::sync::Arc;

use telecine_app::App;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::router::router;

/// Answers requests until `shutdown`, then lets the running ones end.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: CancellationToken) {
    let served = axum::serve(listener, router(app)).with_graceful_shutdown(shutdown.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the API stopped");
    }
}
