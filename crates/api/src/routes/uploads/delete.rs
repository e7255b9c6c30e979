//! `DELETE /api/v1/uploads/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, uploads};
use telecine_model::UploadId;

use crate::extract::Id;
use crate::problem::Problem;

/// Gives an open upload up; what has arrived is removed.
#[utoipa::path(delete, path = "/api/v1/uploads/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "given up"), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn delete(State(app): State<Arc<App>>, Id(id): Id<UploadId>) -> Result<StatusCode, Problem> {
    uploads::abort(&app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
