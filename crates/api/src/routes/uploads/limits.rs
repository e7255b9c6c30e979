//! `GET /api/v1/upload-limits`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::App;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

/// What may be uploaded, so that pages can say so before anything is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitsBody {
    /// The largest file, in bytes.
    max_size: u64,
    /// Media types that are accepted: `video/mp4`, or `video/*` for all of a kind.
    content_types: Vec<String>,
}

/// What may be uploaded.
#[utoipa::path(get, path = "/api/v1/upload-limits", responses((status = 200, body = LimitsBody), (status = 401, body = Problem)))]
pub(crate) async fn limits(State(app): State<Arc<App>>) -> Json<LimitsBody> {
    Json(LimitsBody {
        max_size: app.uploads.max_size_bytes,
        content_types: app.uploads.allowed_types.iter().map(ToString::to_string).collect(),
    })
}
