//! `POST /api/v1/movies/{id}/retry-failed`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use telecine_app::{App, movies};
use telecine_model::MovieId;
use utoipa::ToSchema;

use crate::extract::{Id, Json};
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetriedEpisodes {
    /// How many episodes are imported once more.
    retried: u64,
}

/// Has the files of every failed episode brought once more.
#[utoipa::path(post, path = "/api/v1/movies/{id}/retry-failed", params(("id" = String, Path)),
    responses((status = 202, body = RetriedEpisodes), (status = 404, body = Problem)))]
pub(crate) async fn retry_failed(
    State(app): State<Arc<App>>,
    Id(id): Id<MovieId>,
) -> Result<(StatusCode, Json<RetriedEpisodes>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(RetriedEpisodes { retried: movies::retry_failed(&app, id).await? })))
}
