//! `DELETE /api/v1/cache-assets/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, cache};

use crate::extract::Id;
use crate::problem::Problem;

/// Removes the asset, and its object unless another asset has the same bytes.
#[utoipa::path(delete, path = "/api/v1/cache-assets/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "removed"), (status = 404, body = Problem)))]
pub(crate) async fn delete(State(app): State<Arc<App>>, Id(name): Id<String>) -> Result<StatusCode, Problem> {
    cache::delete(&app, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
