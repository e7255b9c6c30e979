//! `GET /uppy/{token}/s3/params`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_app::uploads::{Announcement, WholeFile};
use telecine_app::{App, uploads};
use telecine_model::key;
use utoipa::{IntoParams, ToSchema};

use super::error::UppyErrorBody;
use super::{UploadToken, UppyError};
use crate::extract::{Json, Params};

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct FileParams {
    /// The file's own name, without folders.
    filename: String,
    /// The media type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// What people will call the video; the file's name without its extension if left out.
    #[serde(rename = "metadata[title]")]
    title: Option<String>,
}

/// Where the whole file goes. `fields` are sent before the file when `method` is `POST`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadParams {
    /// `POST`, a form; `PUT` where storage takes no forms.
    method: &'static str,
    url: String,
    fields: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// Seconds.
    expires: u64,
    key: String,
    /// Of `/api/v1/uploads/{id}`.
    upload_id: String,
    /// Of `/api/v1/videos/{id}`.
    video_id: String,
}

/// Opens an upload that comes in one request, up to about 100 MiB.
#[utoipa::path(get, path = "/uppy/{token}/s3/params", security(()), params(("token" = String, Path), FileParams),
    responses((status = 200, body = UploadParams), (status = "4XX", body = UppyErrorBody)))]
pub(crate) async fn params(
    State(app): State<Arc<App>>,
    UploadToken(owner): UploadToken,
    file: Result<Params<FileParams>, crate::problem::Problem>,
) -> Result<Json<UploadParams>, UppyError> {
    let Params(file) = file?;
    let kind = media_type(file.kind.as_deref());
    let file = Announcement::check_without_size(&app.uploads, &file.filename, kind, file.title.as_deref())?;
    let (upload, whole) = uploads::open_form(&app, &owner, file).await?;
    let (method, url, fields, headers) = match whole {
        WholeFile::Form(form) => ("POST", form.url, form.fields.into_iter().collect(), BTreeMap::new()),
        WholeFile::Put(put) => ("PUT", put.url, BTreeMap::new(), put.headers.into_iter().collect()),
    };
    Ok(Json(UploadParams {
        method,
        url: url.into(),
        fields,
        headers,
        expires: app.uploads.address_life().as_secs(),
        key: key::source(upload.video_id),
        upload_id: upload.id.to_string(),
        video_id: upload.video_id.to_string(),
    }))
}

/// Uppy leaves the type out, or empty, for files whose type the browser does not know.
pub(super) fn media_type(announced: Option<&str>) -> &str {
    announced.filter(|kind| !kind.is_empty()).unwrap_or("application/octet-stream")
}
