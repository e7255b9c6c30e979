//! `DELETE /uppy/{token}/s3/multipart/{uploadId}`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::{App, uploads};
use utoipa::ToSchema;

use super::error::UppyErrorBody;
use super::{Session, UppyError};
use crate::extract::Json;

/// Nothing to tell.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Aborted {}

/// Gives the upload up; what has arrived is removed.
#[utoipa::path(delete, path = "/uppy/{token}/s3/multipart/{uploadId}", security(()),
    params(("token" = String, Path), ("uploadId" = String, Path), ("key" = String, Query)),
    responses((status = 200, body = Aborted), (status = "4XX", body = UppyErrorBody)))]
pub(crate) async fn abort(
    State(app): State<Arc<App>>,
    Session(upload): Session,
) -> Result<Json<Aborted>, UppyError> {
    uploads::abort(&app, upload.id).await?;
    Ok(Json(Aborted {}))
}
