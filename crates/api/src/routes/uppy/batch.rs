//! `GET /uppy/{token}/s3/multipart/{uploadId}/batch`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_app::{App, uploads};
use utoipa::ToSchema;

use super::error::UppyErrorBody;
use super::{Session, UppyError};
use crate::extract::{Json, Params};
use crate::problem::Problem;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchParams {
    part_numbers: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartUrls {
    /// By part number.
    presigned_urls: BTreeMap<u16, String>,
}

/// Signs the addresses of several parts, as older clients ask for them.
#[utoipa::path(get, path = "/uppy/{token}/s3/multipart/{uploadId}/batch", security(()),
    params(("token" = String, Path), ("uploadId" = String, Path), ("key" = String, Query),
        ("partNumbers" = String, Query, description = "1 to 100 numbers with commas between them")),
    responses((status = 200, body = PartUrls), (status = "4XX", body = UppyErrorBody)))]
pub(crate) async fn batch(
    State(app): State<Arc<App>>,
    Session(upload): Session,
    asked: Result<Params<BatchParams>, Problem>,
) -> Result<Json<PartUrls>, UppyError> {
    let Params(asked) = asked?;
    let numbers: Vec<i64> =
        asked.part_numbers.split(',').map(|text| text.trim().parse().unwrap_or(0)).collect();
    let signed = uploads::sign_free_parts(&app, &upload, &numbers).await?;
    let presigned_urls = signed.into_iter().map(|(number, request)| (number, request.url.into()));
    Ok(Json(PartUrls { presigned_urls: presigned_urls.collect() }))
}
