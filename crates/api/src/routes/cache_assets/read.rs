//! `GET /api/v1/cache-assets/{id}`.

use std::sync::Arc;

use axum::extract::State;
use telecine_app::{App, cache};

use super::AssetBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// One asset, by its id or by the one that another program has for it.
#[utoipa::path(get, path = "/api/v1/cache-assets/{id}", params(("id" = String, Path)),
    responses((status = 200, body = AssetBody), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Id(name): Id<String>,
) -> Result<Json<AssetBody>, Problem> {
    Ok(Json(cache::find(&app, &name).await?.into()))
}
