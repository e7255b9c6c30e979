//! `POST /api/v1/movies/{id}/episodes/import`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::movies::Import;
use telecine_app::{App, movies};
use telecine_model::MovieId;
use utoipa::{IntoParams, ToSchema};

use super::EpisodeBody;
use crate::extract::{Id, Json, Params};
use crate::problem::Problem;

/// The least urgent jobs.
const MAX_PRIORITY: i32 = 2_097_152;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportParams {
    /// 0, if left out, runs before 1, 1 before 2 and so on.
    #[serde(default)]
    priority: i32,
}

/// An episode as catalogues name its fields; a thumbnail or a preview is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewEpisode {
    /// Its place in the movie, from 0. One that the movie has already gets these files.
    #[schema(example = 1)]
    episode_number: i64,
    /// 1 to 200 characters; `Episode 1` if left out.
    title: Option<String>,
    thumbnail_url: Option<String>,
    video_preview_url: Option<String>,
    /// A file that becomes a video.
    video_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedEpisodes {
    /// In the order of the request.
    items: Vec<EpisodeBody>,
}

/// Adds up to 500 episodes. They are there at once with the addresses that are given; jobs bring their files and switch each of
/// them. All of them or none.
#[utoipa::path(post, path = "/api/v1/movies/{id}/episodes/import", params(("id" = String, Path), ImportParams),
    request_body = Vec<NewEpisode>,
    responses((status = 202, body = ImportedEpisodes), (status = "4XX", body = Problem)))]
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    Id(id): Id<MovieId>,
    Params(params): Params<ImportParams>,
    Json(episodes): Json<Vec<NewEpisode>>,
) -> Result<(StatusCode, Json<ImportedEpisodes>), Problem> {
    if !(0..=MAX_PRIORITY).contains(&params.priority) {
        let detail = format!("priority must be 0 to {MAX_PRIORITY}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_priority", detail));
    }
    let imports: Vec<Import> = episodes.into_iter().map(Import::from).collect();
    let episodes = movies::import_episodes(&app, id, &imports, params.priority).await?;
    Ok((StatusCode::ACCEPTED, Json(ImportedEpisodes { items: EpisodeBody::all(&app, episodes).await? })))
}

impl From<NewEpisode> for Import {
    fn from(new: NewEpisode) -> Self {
        let NewEpisode { episode_number, title, thumbnail_url, video_preview_url, video_url } = new;
        Self { number: episode_number, title, thumbnail_url, preview_url: video_preview_url, video_url }
    }
}
