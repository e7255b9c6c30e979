//! `GET /api/v1/videos`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::{App, videos};
use telecine_db::videos::{Order, Selection};
use telecine_model::{VideoId, VideoStatus};
use utoipa::{IntoParams, ToSchema};

use super::VideoBody;
use crate::extract::{Json, Params};
use crate::page;
use crate::problem::Problem;

const DEFAULT_LIMIT: u64 = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Videos on the page, 1 to 100; 20 if left out.
    limit: Option<u64>,
    /// Only videos with this text in title, description or tags, in upper or lower case.
    text: Option<String>,
    /// Only videos of this status: `pending_upload`, `processing`, `ready` or `failed`.
    status: Option<String>,
    /// `newest` (first, if left out), `oldest` or `title`.
    sort: Option<SortParam>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SortParam {
    Newest,
    Oldest,
    Title,
}

impl From<SortParam> for Order {
    fn from(sort: SortParam) -> Self {
        match sort {
            SortParam::Newest => Self::Newest,
            SortParam::Oldest => Self::Oldest,
            SortParam::Title => Self::Title,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoPage {
    /// In the order asked for.
    items: Vec<VideoBody>,
    /// Where the next page starts; null on the last one.
    next_cursor: Option<String>,
}

/// Videos, page by page. A cursor goes with the text, status and order of the page before.
#[utoipa::path(get, path = "/api/v1/videos", params(PageParams),
    responses((status = 200, body = VideoPage), (status = "4XX", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(params): Params<PageParams>,
) -> Result<Json<VideoPage>, Problem> {
    let refused = |code, detail| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let status = params.status.map(|status| status.parse::<VideoStatus>()).transpose();
    let selection = Selection {
        text: page::text(params.text)?,
        status: status.map_err(|_| {
            refused("invalid_status", "status must be pending_upload, processing, ready or failed")
        })?,
        order: params.sort.map(Order::from).unwrap_or_default(),
        after: page::cursor::<VideoId>(params.cursor)?,
    };
    let page = videos::page(&app, &selection, params.limit.unwrap_or(DEFAULT_LIMIT)).await?;
    let mut items = Vec::with_capacity(page.videos.len());
    for video in page.videos {
        items.push(VideoBody::new(&app, video).await);
    }
    Ok(Json(VideoPage { items, next_cursor: page.next.map(|id| id.to_string()) }))
}
