//! `POST /api/v1/uploads`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use http::StatusCode;
use serde::Deserialize;
use telecine_app::access::Owner;
use telecine_app::{App, uploads};
use utoipa::ToSchema;

use super::UploadBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpload {
    /// The file's own name, without folders.
    #[schema(example = "clip.mp4")]
    filename: String,
    /// Bytes.
    #[schema(example = 131_072_000, minimum = 1)]
    size: i64,
    /// The media type; `application/octet-stream` when unknown.
    #[schema(example = "video/mp4")]
    content_type: String,
    /// What people will call the video; the file's name without its extension if left out.
    title: Option<String>,
    /// SHA-256 of the file in hexadecimal digits; a file that differs fails with `checksum_mismatch`.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: Option<String>,
}

/// Opens an upload: one presigned PUT up to 100 MB, parts above.
#[utoipa::path(post, path = "/api/v1/uploads", request_body = NewUpload,
    responses((status = 201, body = UploadBody), (status = "4XX", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
    Json(new): Json<NewUpload>,
) -> Result<(StatusCode, Json<UploadBody>), Problem> {
    let (limits, title) = (&app.uploads, new.title.as_deref());
    let file = uploads::Announcement::check(limits, &new.filename, new.size, &new.content_type, title)?;
    let file = file.with_sha256(new.sha256.as_deref())?;
    let opened = uploads::open(&app, &owner, file).await?;
    Ok((StatusCode::CREATED, Json(UploadBody::new(&opened.upload, opened.put))))
}
