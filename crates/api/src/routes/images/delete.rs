//! `DELETE /api/v1/images/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, images};
use telecine_model::ImageId;

use crate::extract::Id;
use crate::problem::Problem;

/// Deletes the image. It is gone at once; its objects follow within seconds.
#[utoipa::path(delete, path = "/api/v1/images/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "deleted"), (status = 404, body = Problem)))]
pub(crate) async fn delete(State(app): State<Arc<App>>, Id(id): Id<ImageId>) -> Result<StatusCode, Problem> {
    images::delete(&app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
