//! `DELETE /api/v1/videos/{id}/captions/{lang}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, captions};

use super::OfLanguage;
use crate::problem::Problem;

/// Takes away captions that were given. The file's own in this language, if there are any, come back.
#[utoipa::path(delete, path = "/api/v1/videos/{id}/captions/{lang}",
    params(("id" = String, Path), ("lang" = String, Path, description = "language tag (BCP 47)")),
    responses((status = 204, description = "deleted"), (status = "4XX", body = Problem)))]
pub(crate) async fn delete(State(app): State<Arc<App>>, of: OfLanguage) -> Result<StatusCode, Problem> {
    captions::delete(&app, of.video, &of.language).await?;
    Ok(StatusCode::NO_CONTENT)
}
