//! `GET /api/v1/cache-assets`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::{App, cache};
use telecine_db::cache::Selection;
use telecine_model::{CacheAssetId, CacheStatus};
use utoipa::{IntoParams, ToSchema};

use super::AssetBody;
use crate::extract::{Json, Params};
use crate::page;
use crate::problem::Problem;

const DEFAULT_LIMIT: u64 = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssetListParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Assets on the page, 1 to 100; 20 if left out.
    limit: Option<u64>,
    /// Only assets with this text in the address, in upper or lower case.
    text: Option<String>,
    /// Only assets of this status: `PENDING`, `DOWNLOADING`, `CACHED` or `FAILED`.
    status: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AssetPage {
    /// Newest first.
    items: Vec<AssetBody>,
    /// Where the next page starts; null on the last one.
    next_cursor: Option<String>,
}

/// Assets, page by page.
#[utoipa::path(get, path = "/api/v1/cache-assets", params(AssetListParams),
    responses((status = 200, body = AssetPage), (status = "4XX", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(params): Params<AssetListParams>,
) -> Result<Json<AssetPage>, Problem> {
    let refused = |code, detail| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let status = params.status.map(|status| status.parse::<CacheStatus>()).transpose();
    let selection = Selection {
        text: page::text(params.text)?,
        status: status.map_err(|_| {
            refused("invalid_status", "status must be PENDING, DOWNLOADING, CACHED or FAILED")
        })?,
        after: page::cursor::<CacheAssetId>(params.cursor)?,
    };
    let page = cache::page(&app, &selection, params.limit.unwrap_or(DEFAULT_LIMIT)).await?;
    let items = page.assets.into_iter().map(AssetBody::from).collect();
    Ok(Json(AssetPage { items, next_cursor: page.next.map(|id| id.to_string()) }))
}
