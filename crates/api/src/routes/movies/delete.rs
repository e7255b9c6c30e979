//! `DELETE /api/v1/movies/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_app::{App, movies};
use telecine_model::MovieId;

use crate::extract::Id;
use crate::problem::Problem;

/// Deletes the movie with its episodes and their videos. It is gone at once; jobs remove the files.
#[utoipa::path(delete, path = "/api/v1/movies/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "deleted"), (status = 404, body = Problem)))]
pub(crate) async fn delete(State(app): State<Arc<App>>, Id(id): Id<MovieId>) -> Result<StatusCode, Problem> {
    movies::delete(&app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
