//! `GET /uppy/{token}/s3/multipart/{uploadId}/{partNumber}`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Serialize;
use telecine_app::{App, AppError, uploads};
use utoipa::ToSchema;

use super::error::UppyErrorBody;
use super::{Session, UppyError};
use crate::extract::Json;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartUrl {
    /// PUT the part's bytes here, without a Content-Type.
    url: String,
    /// Seconds.
    expires: u64,
}

/// Signs the address of one part, and prolongs the session.
#[utoipa::path(get, path = "/uppy/{token}/s3/multipart/{uploadId}/{partNumber}", security(()),
    params(("token" = String, Path), ("uploadId" = String, Path), ("partNumber" = u16, Path), ("key" = String, Query)),
    responses((status = 200, body = PartUrl), (status = "4XX", body = UppyErrorBody)))]
pub(crate) async fn part(
    State(app): State<Arc<App>>,
    Session(upload): Session,
    Path(names): Path<HashMap<String, String>>,
) -> Result<Json<PartUrl>, UppyError> {
    let number = names.get("partNumber").and_then(|text| text.parse().ok()).unwrap_or(0);
    let signed = uploads::sign_free_parts(&app, &upload, &[number]).await?;
    let (_, request) = signed.into_iter().next().ok_or(AppError::NotFound { what: "part" })?;
    Ok(Json(PartUrl { url: request.url.into(), expires: app.uploads.address_life().as_secs() }))
}
