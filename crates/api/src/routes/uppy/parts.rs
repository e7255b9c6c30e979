//! `GET /uppy/{token}/s3/multipart/{uploadId}`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::{App, uploads};
use utoipa::ToSchema;

use super::error::UppyErrorBody;
use super::{Session, UppyError};
use crate::extract::Json;

/// A part that is in storage.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StoredPart {
    part_number: u16,
    size: u64,
    #[serde(rename = "ETag")]
    etag: String,
}

/// The parts that are really in storage, for going on after a break.
#[utoipa::path(get, path = "/uppy/{token}/s3/multipart/{uploadId}", security(()),
    params(("token" = String, Path), ("uploadId" = String, Path), ("key" = String, Query)),
    responses((status = 200, body = [StoredPart]), (status = "4XX", body = UppyErrorBody)))]
pub(crate) async fn parts(
    State(app): State<Arc<App>>,
    Session(upload): Session,
) -> Result<Json<Vec<StoredPart>>, UppyError> {
    let stored = uploads::stored_parts(&app, &upload).await?;
    let parts = stored.into_iter().map(|part| StoredPart {
        part_number: part.number,
        size: part.size,
        etag: part.etag,
    });
    Ok(Json(parts.collect()))
}
