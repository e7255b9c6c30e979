//! `/api/v1/movies`: movies and their episodes.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod import;
pub(super) mod list;
pub(super) mod read;
pub(super) mod retry_failed;

use serde::Serialize;
use telecine_app::movies::{self, FileAddress};
use telecine_app::{App, AppError};
use telecine_db::movies::{Episode, Movie, Progress};
use utoipa::ToSchema;

use super::uploads::time;
use super::videos::FailureBody;

/// A movie, or a series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MovieBody {
    id: String,
    /// The id that another program has for it.
    external_id: Option<String>,
    title: String,
    /// How many episodes it has, and how far they are.
    episodes: ProgressBody,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgressBody {
    total: u64,
    /// Their files are in storage.
    stored: u64,
    /// Their files could not be brought.
    failed: u64,
}

/// An episode.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EpisodeBody {
    id: String,
    /// The id that another program has for it.
    external_id: Option<String>,
    number: i32,
    title: String,
    /// `pending`, `importing`, `stored` or `failed`.
    status: &'static str,
    thumbnail: Option<FileBody>,
    /// What to show before the thumbnail is there: a thumbhash in Base64.
    thumbhash: Option<String>,
    preview: Option<FileBody>,
    /// The video that is made of `videoUrl`.
    video_id: Option<String>,
    failure: Option<FailureBody>,
    created_at: String,
    updated_at: String,
}

/// A file of an episode.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileBody {
    /// In storage or at the CDN, or as it was given.
    url: String,
    /// Whether it is in storage.
    stored: bool,
}

impl From<(Movie, Progress)> for MovieBody {
    fn from((movie, progress): (Movie, Progress)) -> Self {
        let Progress { episodes: total, stored, failed } = progress;
        Self {
            id: movie.id.to_string(),
            external_id: movie.external_id,
            title: movie.title,
            episodes: ProgressBody { total, stored, failed },
            created_at: time(movie.created_at),
            updated_at: time(movie.updated_at),
        }
    }
}

impl From<FileAddress> for FileBody {
    fn from(FileAddress { url, is_stored }: FileAddress) -> Self {
        Self { url, stored: is_stored }
    }
}

impl EpisodeBody {
    async fn new(app: &App, episode: Episode) -> Result<Self, AppError> {
        let (thumbnail, preview) = movies::files(app, &episode).await?;
        Ok(Self {
            id: episode.id.to_string(),
            external_id: episode.external_id,
            number: episode.number,
            title: episode.title,
            status: episode.status.as_str(),
            thumbnail: thumbnail.map(FileBody::from),
            thumbhash: episode.thumbhash,
            preview: preview.map(FileBody::from),
            video_id: episode.video.map(|video| video.to_string()),
            failure: episode.failure.map(FailureBody::from),
            created_at: time(episode.created_at),
            updated_at: time(episode.updated_at),
        })
    }

    async fn all(app: &App, episodes: Vec<Episode>) -> Result<Vec<Self>, AppError> {
        let mut bodies = Vec::with_capacity(episodes.len());
        for episode in episodes {
            bodies.push(Self::new(app, episode).await?);
        }
        Ok(bodies)
    }
}
