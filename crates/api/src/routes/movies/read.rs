//! `GET /api/v1/movies/{id}`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::{App, movies};
use telecine_model::MovieId;
use utoipa::ToSchema;

use super::{EpisodeBody, MovieBody};
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// A movie with its episodes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeMovie {
    #[serde(flatten)]
    movie: MovieBody,
    /// By number.
    items: Vec<EpisodeBody>,
}

/// One movie with its episodes.
#[utoipa::path(get, path = "/api/v1/movies/{id}", params(("id" = String, Path)),
    responses((status = 200, body = WholeMovie), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Id(id): Id<MovieId>,
) -> Result<Json<WholeMovie>, Problem> {
    let movie = movies::find(&app, id).await?;
    let progress = movies::progress(&app, id).await?;
    let items = EpisodeBody::all(&app, movies::episodes(&app, id).await?).await?;
    Ok(Json(WholeMovie { movie: (movie, progress).into(), items }))
}
