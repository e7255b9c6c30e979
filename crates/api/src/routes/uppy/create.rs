//! `POST /uppy/{token}/s3/multipart`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use telecine_app::uploads::Announcement;
use telecine_app::{App, uploads};
use telecine_model::key;
use utoipa::ToSchema;

use super::error::UppyErrorBody;
use super::params::media_type;
use super::{UploadToken, UppyError};
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewFile {
    /// The file's own name, without folders.
    filename: String,
    /// The media type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// `title` is what people will call the video; the rest is not kept.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewMultipart {
    key: String,
    upload_id: String,
    bucket: String,
    /// Of `/api/v1/videos/{id}`.
    video_id: String,
}

/// Opens an upload that comes in parts.
#[utoipa::path(post, path = "/uppy/{token}/s3/multipart", security(()), params(("token" = String, Path)),
    request_body = NewFile, responses((status = 200, body = NewMultipart), (status = "4XX", body = UppyErrorBody)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    UploadToken(owner): UploadToken,
    file: Result<Json<NewFile>, Problem>,
) -> Result<Json<NewMultipart>, UppyError> {
    let Json(file) = file?;
    let (kind, title) = (media_type(file.kind.as_deref()), file.metadata.get("title"));
    let file =
        Announcement::check_without_size(&app.uploads, &file.filename, kind, title.and_then(Value::as_str))?;
    let upload = uploads::open_free_parts(&app, &owner, file).await?;
    Ok(Json(NewMultipart {
        key: key::source(upload.video_id),
        upload_id: upload.id.to_string(),
        bucket: app.store.bucket_name().to_owned(),
        video_id: upload.video_id.to_string(),
    }))
}
