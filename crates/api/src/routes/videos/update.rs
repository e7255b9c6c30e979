//! `PATCH /api/v1/videos/{id}`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Deserializer};
use telecine_app::{App, videos};
use telecine_db::videos::Details;
use telecine_model::{VideoId, Visibility};
use utoipa::ToSchema;

use super::VideoBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VideoChange {
    /// 1 to 200 characters.
    title: Option<String>,
    /// Up to 5000 characters; lines may be broken.
    description: Option<String>,
    /// Up to 30 texts of 1 to 50 characters.
    tags: Option<Vec<String>>,
    visibility: Option<VisibilityBody>,
    /// The second that the poster shows: the thumbnail before it; null for the encoder's choice.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>)]
    poster_s: Option<Option<f64>>,
}

/// Tells null from what is left out.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<f64>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Who may watch.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum VisibilityBody {
    Private,
    Unlisted,
    Public,
}

impl From<VisibilityBody> for Visibility {
    fn from(visibility: VisibilityBody) -> Self {
        match visibility {
            VisibilityBody::Private => Self::Private,
            VisibilityBody::Unlisted => Self::Unlisted,
            VisibilityBody::Public => Self::Public,
        }
    }
}

/// Changes what people tell about the video, and who may watch it.
#[utoipa::path(patch, path = "/api/v1/videos/{id}", params(("id" = String, Path)), request_body = VideoChange,
    responses((status = 200, body = VideoBody), (status = "4XX", body = Problem)))]
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id<VideoId>,
    Json(change): Json<VideoChange>,
) -> Result<Json<VideoBody>, Problem> {
    let VideoChange { title, description, tags, visibility, poster_s } = change;
    let visibility = visibility.map(Visibility::from);
    let details = Details { title, description, tags, visibility, poster_s };
    let video = videos::describe(&app, id, details).await?;
    Ok(Json(VideoBody::new(&app, video).await))
}
