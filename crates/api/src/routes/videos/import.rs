//! `POST /api/v1/videos/import`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::{App, videos};
use utoipa::ToSchema;

use super::VideoBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportBody {
    /// Up to 100 http or https addresses of files.
    #[schema(example = json!(["https://media.example/film.mp4"]))]
    urls: Vec<String>,
}

/// The videos, in the order of the addresses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedBody {
    items: Vec<VideoBody>,
}

/// Makes videos of files elsewhere on the web. They are there at once, `processing`; jobs fetch the files. All addresses are
/// taken, or none. Addresses of private networks are refused when a job resolves them: the video fails with the reason.
#[utoipa::path(post, path = "/api/v1/videos/import", request_body = ImportBody,
    responses((status = 202, body = ImportedBody), (status = "4XX", body = Problem)))]
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    Json(body): Json<ImportBody>,
) -> Result<(StatusCode, Json<ImportedBody>), Problem> {
    let mut items = Vec::new();
    for id in videos::import(&app, &body.urls).await? {
        items.push(VideoBody::new(&app, videos::find(&app, id).await?).await);
    }
    Ok((StatusCode::ACCEPTED, Json(ImportedBody { items })))
}
