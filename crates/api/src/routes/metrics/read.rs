//! `GET /metrics`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Serialize;
use telecine_app::{App, AppError};
use telecine_metrics::ProcessUse;
use utoipa::ToSchema;

use super::prometheus;
use super::queues::QueueBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Metrics {
    /// `healthy`.
    status: &'static str,
    /// The name of the worker in this process; null when its jobs run elsewhere.
    worker: Option<String>,
    /// The version of the program.
    version: &'static str,
    /// Seconds since the start.
    uptime: f64,
    memory: Memory,
    cpu: Cpu,
    queues: BTreeMap<String, QueueBody>,
    jobs: Jobs,
    http: Requests,
}

/// In bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Memory {
    /// In use now.
    rss: u64,
    /// The most that was in use.
    peak_rss: u64,
    /// Address space.
    #[serde(rename = "virtual")]
    address_space: u64,
}

/// In seconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cpu {
    /// Of this process.
    own: f64,
    /// Of tools such as ffmpeg that have ended.
    children: f64,
}

/// Jobs of this process since its start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Jobs {
    completed: u64,
    failed: u64,
    /// Runs that failed and were to be repeated.
    retried: u64,
    /// Running now.
    active: u64,
}

/// Requests to this process since its start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Requests {
    requests: u64,
    /// Those that were answered with a status of 500 or above.
    errors: u64,
}

/// The numbers of this process: as JSON, or with `Accept: text/plain` in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = Metrics), (status = 401, body = Problem)))]
pub(crate) async fn read(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    if wants_text(&headers) {
        return prometheus::text(&app).await;
    }
    let queues = app.queues.overview().await.map_err(AppError::from)?;
    let (used, jobs) = (ProcessUse::now(), app.metrics.jobs.totals());
    let (requests, errors) = app.metrics.http.totals();
    Ok(Json(Metrics {
        status: "healthy",
        worker: app.health.worker().map(str::to_owned),
        version: env!("CARGO_PKG_VERSION"),
        uptime: app.metrics.uptime_s(),
        memory: Memory {
            rss: used.resident_bytes,
            peak_rss: used.peak_resident_bytes,
            address_space: used.virtual_bytes,
        },
        cpu: Cpu { own: used.cpu_s, children: used.children_cpu_s },
        queues: queues.iter().map(|(queue, overview)| (queue.clone(), overview.into())).collect(),
        jobs: Jobs {
            completed: jobs.completed,
            failed: jobs.failed,
            retried: jobs.retried,
            active: jobs.active,
        },
        http: Requests { requests, errors },
    })
    .into_response())
}

/// Prometheus asks for its formats first and for anything last; browsers and curl name no plain text.
fn wants_text(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut kinds = accepted.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
    kinds
        .find(|kind| matches!(*kind, "text/plain" | "application/openmetrics-text" | "application/json"))
        .is_some_and(|first| first != "application/json")
}
