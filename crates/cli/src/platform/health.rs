//! The port for health and metrics alone, where the settings name one.

use std::net::SocketAddr;
use std::sync::Arc;

use telecine_api::HealthConfig;
use telecine_app::App;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::bind;

/// Answers on that port, or nothing.
pub(super) struct HealthServer {
    serving: Option<Serving>,
}

struct Serving {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// The port, taken before anything else is started.
pub(super) struct HealthListener(Option<TcpListener>);

impl HealthServer {
    /// Takes the port.
    pub(super) async fn bind(config: &HealthConfig) -> anyhow::Result<HealthListener> {
        let Some(address) = config.address() else { return Ok(HealthListener(None)) };
        Ok(HealthListener(Some(bind(address, "health.port (HEALTH_CHECK_PORT)").await?)))
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.serving.as_ref().map(|serving| serving.address)
    }

    /// Returns when the server has ended, which without [`stop`](Self::stop) only a defect makes it do.
    pub(super) async fn ended(&mut self) {
        match &mut self.serving {
            Some(Serving { task, .. }) if !task.is_finished() => drop(task.await),
            Some(_) => {}
            None => std::future::pending().await,
        }
    }

    /// Answers until the very end, so that whoever asks sees the process going.
    pub(super) async fn stop(self) {
        if let Some(Serving { stop, task, .. }) = self.serving {
            stop.cancel();
            super::ended(task).await;
        }
    }
}

impl HealthListener {
    /// Starts answering.
    pub(super) fn start(self, app: &Arc<App>) -> HealthServer {
        let serving = self.0.and_then(|listener| {
            let stop = CancellationToken::new();
            let address = listener.local_addr().ok()?;
            let task = tokio::spawn(telecine_api::serve_health(listener, app.clone(), stop.clone()));
            Some(Serving { address, stop, task })
        });
        HealthServer { serving }
    }
}
