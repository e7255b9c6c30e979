//! `POST /api/v1/cache-assets/retry-failed`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use telecine_app::{App, cache};
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Retried {
    /// How many assets are fetched once more.
    retried: u64,
}

/// Has every failed asset fetched once more.
#[utoipa::path(post, path = "/api/v1/cache-assets/retry-failed", responses((status = 202, body = Retried)))]
pub(crate) async fn retry_failed(
    State(app): State<Arc<App>>,
) -> Result<(StatusCode, Json<Retried>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(Retried { retried: cache::retry_failed(&app).await? })))
}
