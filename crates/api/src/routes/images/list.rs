//! `GET /api/v1/images`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::{App, images};
use telecine_db::images::Selection;
use telecine_model::{ImageId, ImageStatus};
use utoipa::{IntoParams, ToSchema};

use super::ImageBody;
use crate::extract::{Json, Params};
use crate::page;
use crate::problem::Problem;

const DEFAULT_LIMIT: u64 = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageListParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Images on the page, 1 to 100; 20 if left out.
    limit: Option<u64>,
    /// Only images with this text in the title, in upper or lower case.
    text: Option<String>,
    /// Only images of this status: `pending_upload`, `processing`, `ready` or `failed`.
    status: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImagePage {
    /// Newest first.
    items: Vec<ImageBody>,
    /// Where the next page starts; null on the last one.
    next_cursor: Option<String>,
}

/// Images, page by page.
#[utoipa::path(get, path = "/api/v1/images", params(ImageListParams),
    responses((status = 200, body = ImagePage), (status = "4XX", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(params): Params<ImageListParams>,
) -> Result<Json<ImagePage>, Problem> {
    let refused = |code, detail| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let status = params.status.map(|status| status.parse::<ImageStatus>()).transpose();
    let selection = Selection {
        text: page::text(params.text)?,
        status: status.map_err(|_| {
            refused("invalid_status", "status must be pending_upload, processing, ready or failed")
        })?,
        after: page::cursor::<ImageId>(params.cursor)?,
    };
    let page = images::page(&app, &selection, params.limit.unwrap_or(DEFAULT_LIMIT)).await?;
    let mut items = Vec::with_capacity(page.images.len());
    for image in page.images {
        items.push(ImageBody::new(&app, image).await?);
    }
    Ok(Json(ImagePage { items, next_cursor: page.next.map(|id| id.to_string()) }))
}
