//! `GET /api/v1/cache-assets/{id}/url`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::Deserialize;
use telecine_app::access::Owner;
use telecine_app::{App, cache};
use utoipa::IntoParams;

use super::AddressBody;
use crate::extract::{Id, Json, Params};
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressParams {
    /// The address to be used where nothing is known of the id.
    original_url: Option<String>,
}

/// Where the file is to be had: in storage or at the CDN once it is cached, and where it was found before and after a failure. The id
/// may also be the one that another program has, or the key of an object from before, with its slashes encoded.
#[utoipa::path(get, path = "/api/v1/cache-assets/{id}/url", params(("id" = String, Path), AddressParams),
    responses((status = 200, body = AddressBody), (status = 404, body = Problem)))]
pub(crate) async fn url(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
    Id(name): Id<String>,
    Params(params): Params<AddressParams>,
) -> Result<Json<AddressBody>, Problem> {
    let original = params.original_url.as_deref();
    Ok(Json(cache::address(&app, &name, original, owner.may_change()).await?.into()))
}
