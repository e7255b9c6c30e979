//! `GET /api/v1/videos`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::{App, videos};
use telecine_model::VideoId;
use utoipa::{IntoParams, ToSchema};

use super::VideoBody;
use crate::extract::{Json, Params};
use crate::problem::Problem;

const DEFAULT_LIMIT: u64 = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Videos on the page, 1 to 100; 20 if left out.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoPage {
    /// Newest first.
    items: Vec<VideoBody>,
    /// Where the next page starts; null on the last one.
    next_cursor: Option<String>,
}

/// Videos, newest first, page by page.
#[utoipa::path(get, path = "/api/v1/videos", params(PageParams),
    responses((status = 200, body = VideoPage), (status = "4XX", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(params): Params<PageParams>,
) -> Result<Json<VideoPage>, Problem> {
    let refused = |_| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_cursor",
            "cursor is not one of ours; start without it",
        )
    };
    let before = params.cursor.map(|cursor| cursor.parse::<VideoId>()).transpose().map_err(refused)?;
    let page = videos::page(&app, before, params.limit.unwrap_or(DEFAULT_LIMIT)).await?;
    let mut items = Vec::with_capacity(page.videos.len());
    for video in page.videos {
        items.push(VideoBody::new(&app, video).await);
    }
    Ok(Json(VideoPage { items, next_cursor: page.next.map(|id| id.to_string()) }))
}
