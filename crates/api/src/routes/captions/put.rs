//! `PUT /api/v1/videos/{id}/captions/{lang}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use telecine_app::{App, captions};
use utoipa::IntoParams;

use super::{CaptionsBody, OfLanguage};
use crate::extract::{Json, Params, whole};
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaptionsParams {
    /// What people see in the menu, 1 to 100 characters; the language's own name if left out.
    name: Option<String>,
    /// `subtitles` if left out, or `captions` when they also tell what is heard.
    kind: Option<String>,
}

/// Gives a video captions in a language: WebVTT or SubRip in UTF-8, at most 2 MB. They take the place of those that were
/// there, also of the file's own. Only cues are kept, with their times checked and what WebVTT allows in their text.
#[utoipa::path(put, path = "/api/v1/videos/{id}/captions/{lang}",
    params(("id" = String, Path), ("lang" = String, Path, description = "language tag (BCP 47)"), CaptionsParams),
    request_body(content = String, content_type = "text/vtt"),
    responses((status = 200, body = CaptionsBody), (status = 201, body = CaptionsBody, description = "the first in this language"),
        (status = "4XX", body = Problem)))]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    of: OfLanguage,
    Params(params): Params<CaptionsParams>,
    body: Body,
) -> Result<(StatusCode, Json<CaptionsBody>), Problem> {
    let file = whole(body, captions::MAX_FILE_BYTES, "captions_too_large", "captions may have 2 MB").await?;
    let given = captions::Given { file, name: params.name, kind: params.kind };
    let stored = captions::put(&app, of.video, &of.language, given).await?;
    let status = if stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(CaptionsBody::new(&app, stored.captions).await?)))
}
