//! `GET /watch/{id}`: the page, with what programs read of it in its head.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use telecine_app::App;
use telecine_app::playback::watchable;

use super::WatchParams;
use super::head::head;
use crate::extract::Params;
use crate::pages;
use crate::problem::Problem;

/// The watch page. Of a video that may not be watched without signing in, it says nothing.
#[utoipa::path(get, path = "/watch/{id}", security(()), params(("id" = String, Path), WatchParams),
    responses((status = 200, description = "the page", content_type = "text/html")))]
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    Params(params): Params<WatchParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(id) = path.ok().and_then(|Path(id)| id.parse().ok()) else {
        return Ok(pages::page(&app, &headers));
    };
    match watchable(&app, id, params.token.as_deref()).await {
        Ok(video) => Ok(pages::page_with_head(&app, &head(&app, &video, params.token.as_deref()))),
        // The page says so itself, or asks people to sign in.
        Err(telecine_app::AppError::NotFound { .. }) => Ok(pages::page(&app, &headers)),
        Err(error) => Err(error.into()),
    }
}
