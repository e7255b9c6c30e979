//! `/api/v1/videos/{id}/captions`.

pub(super) mod delete;
pub(super) mod list;
pub(super) mod put;
pub(super) mod read;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::Serialize;
use telecine_app::App;
use telecine_app::captions::Captions;
use telecine_model::VideoId;
use utoipa::ToSchema;

use crate::problem::Problem;

/// Captions in one language.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptionsBody {
    /// Language tag (BCP 47); `und` where the file does not say.
    #[schema(example = "en")]
    language: String,
    /// What people see in the menu.
    name: String,
    /// `subtitles`, or `captions` when they also tell what is heard.
    kind: &'static str,
    /// Whether players show them by themselves.
    default: bool,
    /// Whether they hold only what everybody needs, such as the words of a foreign language.
    forced: bool,
    /// `given` through this API, or `source`: the uploaded file's own.
    origin: &'static str,
    /// Bytes of the WebVTT file.
    size: u64,
    /// The address of the WebVTT file; without a CDN it is signed and lives for at least 30 minutes.
    url: String,
}

impl CaptionsBody {
    async fn new(app: &App, captions: Captions) -> Result<Self, Problem> {
        let url = app.urls.public(&captions.object_key).await.map_err(telecine_app::AppError::from)?;
        let rendition = captions.rendition;
        Ok(Self {
            language: rendition.language,
            name: rendition.name,
            kind: rendition.kind.as_str(),
            default: rendition.is_default,
            forced: rendition.is_forced,
            origin: if captions.is_given { "given" } else { "source" },
            size: rendition.object.bytes,
            url: url.as_ref().to_owned(),
        })
    }
}

/// The video and the language of the address; the language is checked where it is used.
pub(crate) struct OfLanguage {
    video: VideoId,
    language: String,
}

impl<S: Send + Sync> FromRequestParts<S> for OfLanguage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((video, language)) = path.map_err(|_| Problem::not_found())?;
        Ok(Self { video: video.parse().map_err(|_| Problem::not_found())?, language })
    }
}
