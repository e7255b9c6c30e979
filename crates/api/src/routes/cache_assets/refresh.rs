//! `POST /api/v1/cache-assets/{id}/refresh`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, cache};

use super::AssetBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// Has the asset fetched once more: one that has failed, or one whose file may have changed. What is here stays until then.
#[utoipa::path(post, path = "/api/v1/cache-assets/{id}/refresh", params(("id" = String, Path)),
    responses((status = 202, body = AssetBody), (status = 404, body = Problem)))]
pub(crate) async fn refresh(
    State(app): State<Arc<App>>,
    Id(name): Id<String>,
) -> Result<(StatusCode, Json<AssetBody>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(cache::refresh(&app, &name).await?.into())))
}
