//! `GET /api/v1/watch/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use telecine_app::App;
use telecine_app::playback::{playback, watchable};
use telecine_db::videos::Video;
use telecine_model::VideoId;
use utoipa::ToSchema;

use super::WatchParams;
use crate::extract::{Id, Json, Params};
use crate::problem::Problem;
use crate::routes::uploads::time;

/// What everybody may know of a video that they may watch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WatchBody {
    id: String,
    title: String,
    description: String,
    tags: Vec<String>,
    duration_s: Option<f64>,
    width: Option<i32>,
    height: Option<i32>,
    /// `pending_upload`, `processing`, `ready` or `failed`.
    status: &'static str,
    /// Whether all renditions are there; until then they grow.
    complete: bool,
    /// Where it plays; null until something is playable.
    playback: Option<WatchPlayback>,
    created_at: String,
}

/// Absolute addresses; without a CDN they are signed and live for 12 hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WatchPlayback {
    pub(super) manifest: String,
    pub(super) hls: String,
    pub(super) poster: Option<String>,
    pub(super) thumbhash: Option<String>,
}

impl WatchPlayback {
    pub(super) async fn of(app: &App, video: &Video) -> Option<Self> {
        let playback = playback(app, video).await?;
        Some(Self {
            manifest: playback.manifest,
            hls: playback.hls,
            poster: playback.poster,
            thumbhash: playback.thumbhash,
        })
    }
}

/// A video that is not private, or the one that the token is for. Pages of every origin may ask.
#[utoipa::path(get, path = "/api/v1/watch/{id}", security(()), params(("id" = String, Path), WatchParams),
    responses((status = 200, body = WatchBody), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Id(id): Id<VideoId>,
    Params(params): Params<WatchParams>,
) -> Result<Response, Problem> {
    let video = watchable(&app, id, params.token.as_deref()).await?;
    let playback = WatchPlayback::of(&app, &video).await;
    let body = WatchBody {
        id: video.id.to_string(),
        status: video.status.as_str(),
        complete: !video.is_growing(),
        title: video.title,
        description: video.description,
        tags: video.tags,
        duration_s: video.duration_s,
        width: video.width,
        height: video.height,
        playback,
        created_at: time(video.created_at),
    };
    Ok(([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(body)).into_response())
}
