//! `GET /api/v1/cache-assets/stats`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::{App, cache};
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

/// The media cache in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatsBody {
    /// Assets by status.
    pending: u64,
    downloading: u64,
    cached: u64,
    failed: u64,
    /// All assets.
    total: u64,
    /// Objects in storage; assets with equal bytes share one.
    objects: u64,
    /// Their bytes.
    bytes: u64,
    /// Bytes that there may be; null without a limit.
    budget_bytes: Option<u64>,
}

/// How many assets there are, and what they take.
#[utoipa::path(get, path = "/api/v1/cache-assets/stats", responses((status = 200, body = StatsBody)))]
pub(crate) async fn stats(State(app): State<Arc<App>>) -> Result<Json<StatsBody>, Problem> {
    let stats = cache::stats(&app).await?;
    Ok(Json(StatsBody {
        pending: stats.pending,
        downloading: stats.downloading,
        cached: stats.cached,
        failed: stats.failed,
        total: stats.pending + stats.downloading + stats.cached + stats.failed,
        objects: stats.objects,
        bytes: stats.bytes,
        budget_bytes: Some(app.cache.budget_bytes).filter(|budget| *budget > 0),
    }))
}
