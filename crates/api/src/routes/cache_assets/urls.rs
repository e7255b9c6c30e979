//! `POST /api/v1/cache-assets/urls`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_app::{App, cache};
use utoipa::ToSchema;

use super::AddressBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedAddresses {
    /// Up to 500 ids of assets, or keys of objects from before.
    ids: Vec<String>,
    /// For each id, the address to be used where nothing is known of it; may be shorter, or have nulls.
    #[serde(default)]
    original_urls: Vec<Option<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Addresses {
    /// In the order of the ids.
    items: Vec<AddressBody>,
}

/// Where many files are to be had.
#[utoipa::path(post, path = "/api/v1/cache-assets/urls", request_body = WantedAddresses,
    responses((status = 200, body = Addresses), (status = "4XX", body = Problem)))]
pub(crate) async fn urls(
    State(app): State<Arc<App>>,
    Json(wanted): Json<WantedAddresses>,
) -> Result<Json<Addresses>, Problem> {
    let items = cache::addresses(&app, &wanted.ids, &wanted.original_urls).await?;
    Ok(Json(Addresses { items: items.into_iter().map(AddressBody::from).collect() }))
}
