//! `POST /uppy/{token}/s3/multipart/{uploadId}/complete`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_app::uploads::CompletedPart;
use telecine_app::{App, uploads};
use telecine_model::key;
use utoipa::ToSchema;

use super::error::UppyErrorBody;
use super::{Session, UppyError};
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SentParts {
    parts: Vec<SentPart>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SentPart {
    part_number: i64,
    #[serde(rename = "ETag")]
    etag: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UppyCompleted {
    /// Names the object; opens nothing that is private.
    location: String,
    key: String,
    bucket: String,
    /// Of `/api/v1/videos/{id}`.
    video_id: String,
}

/// Joins the parts and starts processing. Calling it again gives the same answer.
#[utoipa::path(post, path = "/uppy/{token}/s3/multipart/{uploadId}/complete", security(()),
    params(("token" = String, Path), ("uploadId" = String, Path), ("key" = String, Query)), request_body = SentParts,
    responses((status = 200, body = UppyCompleted), (status = "4XX", body = UppyErrorBody)))]
pub(crate) async fn complete(
    State(app): State<Arc<App>>,
    Session(upload): Session,
    sent: Result<Json<SentParts>, Problem>,
) -> Result<Json<UppyCompleted>, UppyError> {
    let Json(sent) = sent?;
    let parts = sent.parts.into_iter();
    let parts: Vec<CompletedPart> =
        parts.map(|part| CompletedPart { number: part.part_number, etag: part.etag }).collect();
    uploads::complete(&app, upload.id, Some(parts)).await?;
    let key = key::source(upload.video_id);
    Ok(Json(UppyCompleted {
        location: app.store.public_address(&key).into(),
        key,
        bucket: app.store.bucket_name().to_owned(),
        video_id: upload.video_id.to_string(),
    }))
}
