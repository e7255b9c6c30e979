//! `GET /watch/{id}/poster`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use telecine_app::App;
use telecine_app::playback::{playback, watchable};
use telecine_model::VideoId;

use super::WatchParams;
use crate::extract::{Id, Params};
use crate::problem::Problem;

/// Leads on to the poster. Signed addresses expire; this one can be kept.
#[utoipa::path(get, path = "/watch/{id}/poster", security(()), params(("id" = String, Path), WatchParams),
    responses((status = 302, description = "to the picture"), (status = 404, body = Problem)))]
pub(crate) async fn poster(
    State(app): State<Arc<App>>,
    Id(id): Id<VideoId>,
    Params(params): Params<WatchParams>,
) -> Result<Response, Problem> {
    let video = watchable(&app, id, params.token.as_deref()).await?;
    let poster = playback(&app, &video).await.and_then(|playback| playback.poster);
    let poster = poster.ok_or_else(Problem::not_found)?;
    // Far less than the address lives.
    let headers = [(header::LOCATION, poster.as_str()), (header::CACHE_CONTROL, "private, max-age=60")];
    Ok((StatusCode::FOUND, headers).into_response())
}
