//! `DELETE /api/v1/tokens/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use telecine_app::access::revoke_token;
use telecine_app::{App, AppError};

use crate::problem::Problem;

/// Revokes the token: it, and every session and upload token that was made with it, works no more.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", params(("id" = String, Path, description = "as the list has it")),
    responses((status = 204, description = "revoked"), (status = 404, body = Problem)))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = path.map_err(|_| Problem::not_found())?;
    let revoked = revoke_token(&app.db, &id).await.map_err(AppError::from)?;
    revoked.map(|_| StatusCode::NO_CONTENT).ok_or_else(Problem::not_found)
}
