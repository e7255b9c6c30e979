//! `GET /play/{token}/{name}`: signed playlists.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use telecine_app::{App, playback};

use crate::problem::Problem;

/// A playlist or manifest in which every media address is presigned. The token is part of the address that a video
/// carries in `playback`.
#[utoipa::path(get, path = "/play/{token}/{*name}", security(()),
    params(("token" = String, Path), ("name" = String, Path, description = "master.m3u8, v720/playlist.m3u8, manifest.mpd, manifest.json, thumbnails.vtt")),
    responses((status = 200, description = "the playlist"), (status = 404, body = Problem)))]
pub(crate) async fn play(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((token, name)) = path.map_err(|_| Problem::not_found())?;
    let document = playback::document(&app, &token, &name).await?;
    // The addresses inside live half an hour at least, and twice the video longer; a minute takes nothing away.
    let cache_control = if document.is_growing { "private, max-age=1" } else { "private, max-age=60" };
    let headers = [
        (header::CONTENT_TYPE, document.content_type),
        (header::CACHE_CONTROL, cache_control),
        // Whoever holds the address may play it, on any page.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    Ok((headers, document.text).into_response())
}
