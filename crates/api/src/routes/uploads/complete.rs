//! `POST /api/v1/uploads/{id}/complete`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::uploads::CompletedPart;
use telecine_app::{App, uploads};
use telecine_model::UploadId;
use utoipa::ToSchema;

use crate::extract::{Id, Json};
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Complete {
    /// What the client has sent; left out, storage alone is asked.
    parts: Option<Vec<CompletePart>>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CompletePart {
    number: i64,
    etag: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Completed {
    video_id: String,
    /// Of the video: `processing`, or what has become of it since.
    status: &'static str,
}

/// Completes the upload and starts processing. Calling it again gives the same answer; wrong or missing parts are
/// refused and nothing is lost; 410 `upload_expired` when it has rested for too long.
#[utoipa::path(post, path = "/api/v1/uploads/{id}/complete", params(("id" = String, Path)), request_body = Complete,
    responses((status = 202, body = Completed), (status = "4XX", body = Problem)))]
pub(crate) async fn complete(
    State(app): State<Arc<App>>,
    Id(id): Id<UploadId>,
    body: Option<Json<Complete>>,
) -> Result<(StatusCode, Json<Completed>), Problem> {
    let parts = body.and_then(|Json(body)| body.parts);
    let parts: Option<Vec<CompletedPart>> = parts.map(|parts| {
        parts.into_iter().map(|part| CompletedPart { number: part.number, etag: part.etag }).collect()
    });
    let (upload, status) = uploads::complete(&app, id, parts).await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(Completed { video_id: upload.video_id.to_string(), status: status.as_str() }),
    ))
}
