//! `POST /api/v1/uploads/{id}/parts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_app::{App, uploads};
use telecine_model::UploadId;
use utoipa::ToSchema;

use super::headers_of;
use crate::extract::{Id, Json};
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartNumbers {
    /// 1 to 100 part numbers.
    numbers: Vec<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartUrls {
    urls: Vec<PartUrl>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartUrl {
    number: u16,
    /// PUT the part's bytes here, without a Content-Type.
    url: String,
    headers: BTreeMap<String, String>,
}

/// Signs addresses for parts. An address that has expired is simply signed again.
#[utoipa::path(post, path = "/api/v1/uploads/{id}/parts", params(("id" = String, Path)), request_body = PartNumbers,
    responses((status = 200, body = PartUrls), (status = "4XX", body = Problem)))]
pub(crate) async fn parts(
    State(app): State<Arc<App>>,
    Id(id): Id<UploadId>,
    Json(body): Json<PartNumbers>,
) -> Result<Json<PartUrls>, Problem> {
    let signed = uploads::sign_parts(&app, id, &body.numbers).await?;
    let urls = signed.into_iter().map(|part| PartUrl {
        number: part.number,
        url: part.request.url.to_string(),
        headers: headers_of(part.request.headers),
    });
    Ok(Json(PartUrls { urls: urls.collect() }))
}
