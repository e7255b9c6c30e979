//! `POST /api/v1/cache-assets/cleanup`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_app::{App, cache};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Json, Params};
use crate::problem::Problem;

const DEFAULT_DAYS: u32 = 30;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct CleanUpParams {
    /// Days, 1 to 3650; 30 if left out.
    older_than_days: Option<u32>,
    /// Only tells what would be removed.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CleanedUpBody {
    /// Assets that were removed, or would be.
    assets: u64,
    /// Bytes of the objects that go with them.
    bytes: u64,
    dry_run: bool,
}

/// Removes assets for whose addresses nobody has asked in so many days, and the objects that no other asset has.
#[utoipa::path(post, path = "/api/v1/cache-assets/cleanup", params(CleanUpParams),
    responses((status = 200, body = CleanedUpBody), (status = "4XX", body = Problem)))]
pub(crate) async fn clean_up(
    State(app): State<Arc<App>>,
    Params(params): Params<CleanUpParams>,
) -> Result<Json<CleanedUpBody>, Problem> {
    let days = params.older_than_days.unwrap_or(DEFAULT_DAYS);
    let cleaned = cache::clean_up(&app, days, params.dry_run).await?;
    Ok(Json(CleanedUpBody { assets: cleaned.assets, bytes: cleaned.bytes, dry_run: params.dry_run }))
}
