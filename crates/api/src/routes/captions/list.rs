//! `GET /api/v1/videos/{id}/captions`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::{App, captions};
use telecine_model::VideoId;
use utoipa::ToSchema;

use super::CaptionsBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptionsList {
    /// As players show them.
    items: Vec<CaptionsBody>,
}

/// The captions of a video as viewers get them: what was given, and what the file has in other languages.
#[utoipa::path(get, path = "/api/v1/videos/{id}/captions", params(("id" = String, Path)),
    responses((status = 200, body = CaptionsList), (status = 404, body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Id(id): Id<VideoId>,
) -> Result<Json<CaptionsList>, Problem> {
    let mut items = Vec::new();
    for captions in captions::list(&app, id).await? {
        items.push(CaptionsBody::new(&app, captions).await?);
    }
    Ok(Json(CaptionsList { items }))
}
