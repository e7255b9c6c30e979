//! `GET /api/v1/movies`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_app::{App, movies};
use telecine_model::MovieId;
use utoipa::{IntoParams, ToSchema};

use super::MovieBody;
use crate::extract::{Json, Params};
use crate::page;
use crate::problem::Problem;

const DEFAULT_LIMIT: u64 = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovieListParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Movies on the page, 1 to 100; 20 if left out.
    limit: Option<u64>,
    /// Only movies with this text in the title, in upper or lower case.
    text: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MoviePage {
    /// Newest first.
    items: Vec<MovieBody>,
    /// Where the next page starts; null on the last one.
    next_cursor: Option<String>,
}

/// Movies, page by page.
#[utoipa::path(get, path = "/api/v1/movies", params(MovieListParams),
    responses((status = 200, body = MoviePage), (status = "4XX", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(params): Params<MovieListParams>,
) -> Result<Json<MoviePage>, Problem> {
    let (text, after) = (page::text(params.text)?, page::cursor::<MovieId>(params.cursor)?);
    let page = movies::page(&app, text.as_deref(), after, params.limit.unwrap_or(DEFAULT_LIMIT)).await?;
    let items = page.movies.into_iter().map(MovieBody::from).collect();
    Ok(Json(MoviePage { items, next_cursor: page.next.map(|id| id.to_string()) }))
}
