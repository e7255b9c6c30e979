//! `POST /api/v1/movies`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use telecine_app::{App, movies};
use telecine_db::movies::Progress;
use utoipa::ToSchema;

use super::MovieBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMovie {
    /// 1 to 200 characters.
    title: String,
}

/// A new movie, without episodes yet.
#[utoipa::path(post, path = "/api/v1/movies", request_body = NewMovie,
    responses((status = 201, body = MovieBody), (status = "4XX", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Json(new): Json<NewMovie>,
) -> Result<(StatusCode, Json<MovieBody>), Problem> {
    let movie = movies::create(&app, &new.title).await?;
    Ok((StatusCode::CREATED, Json((movie, Progress::default()).into())))
}
