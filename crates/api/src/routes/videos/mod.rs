//! `/api/v1/videos`.

pub(super) mod delete;
pub(super) mod import;
pub(super) mod list;
pub(super) mod read;
pub(super) mod reprocess;
mod source;
pub(super) mod update;

use serde::Serialize;
use telecine_app::playback::Links;
use telecine_app::{App, playback};
use telecine_db::videos::Video;
use telecine_model::Failure;
use utoipa::ToSchema;

use super::uploads::time;
use source::SourceBody;

/// A video.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoBody {
    id: String,
    title: String,
    description: String,
    tags: Vec<String>,
    /// `private`: for people who may use this server, and for signed addresses; `unlisted`: for everybody who has the
    /// address; `public`: for everybody, and search engines are told.
    visibility: &'static str,
    /// The second that the poster shows; null for the encoder's choice.
    poster_s: Option<f64>,
    /// `pending_upload`, `processing`, `ready` or `failed`.
    status: &'static str,
    /// Whether a first rendition is published.
    playable: bool,
    /// Of the processing, 0 to 1.
    progress: f64,
    duration_s: Option<f64>,
    width: Option<i32>,
    height: Option<i32>,
    failure: Option<FailureBody>,
    /// What is not perfect about a video that is ready all the same: `video_damaged`, `audio_empty`.
    warnings: Vec<&'static str>,
    /// What was uploaded, once it is playable.
    source: Option<SourceBody>,
    /// The pages that show it to people who are not signed in.
    links: LinksBody,
    /// Where it plays, once it is playable.
    playback: Option<PlaybackBody>,
    created_at: String,
    updated_at: String,
}

/// Why a video failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureBody {
    /// A stable code.
    code: String,
    /// What happened and what to do.
    message: String,
}

/// Absolute addresses; without a CDN they are signed and live for 12 hours, images and the MP4 for at least 30 minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaybackBody {
    hls: String,
    dash: String,
    /// For Telecine's own player.
    manifest: String,
    /// The MP4 of the best rendition up to 1080p.
    mp4: Option<String>,
    /// The MP4s: of every rendition that was asked for by name, or the one above.
    downloads: Vec<DownloadBody>,
    poster: Option<String>,
    /// WebVTT with a picture every 4 s.
    thumbnails: Option<String>,
    /// WebVTT with the same pictures on a few sheets; storyboard.json beside it is for programs.
    storyboard: Option<String>,
    /// A small MP4 of a few seconds without sound.
    preview: Option<String>,
    /// What to show before the poster is there: a thumbhash in Base64.
    thumbhash: Option<String>,
    /// The renditions, best first.
    renditions: Vec<String>,
}

/// Absolute addresses of pages; those of a private video are signed and work for 12 hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinksBody {
    /// A page with title and description.
    watch: String,
    /// A page that is nothing but the player, for an iframe.
    embed: String,
}

impl From<Links> for LinksBody {
    fn from(Links { watch, embed }: Links) -> Self {
        Self { watch, embed }
    }
}

/// The whole video in one file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DownloadBody {
    /// The rendition whose pictures it has, such as `720p`.
    rendition: String,
    /// Its address.
    url: String,
}

impl From<Failure> for FailureBody {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code, message: failure.message }
    }
}

impl VideoBody {
    async fn new(app: &App, video: Video) -> Self {
        let links = playback::links(app, &video).into();
        let playback = playback::playback(app, &video).await;
        let warnings = playback.as_ref().map(|playback| playback.warnings.clone()).unwrap_or_default();
        let source = playback.as_ref().and_then(|playback| playback.source.clone()).map(SourceBody::from);
        let playback = playback.map(|playback| PlaybackBody {
            hls: playback.hls,
            dash: playback.dash,
            manifest: playback.manifest,
            mp4: playback.mp4,
            downloads: playback
                .downloads
                .into_iter()
                .map(|(rendition, url)| DownloadBody { rendition, url })
                .collect(),
            poster: playback.poster,
            thumbnails: playback.thumbnails,
            storyboard: playback.storyboard,
            preview: playback.preview,
            thumbhash: playback.thumbhash,
            renditions: playback.renditions,
        });
        Self {
            id: video.id.to_string(),
            title: video.title,
            description: video.description,
            tags: video.tags,
            visibility: video.visibility.as_str(),
            poster_s: video.poster_s,
            status: video.status.as_str(),
            playable: video.playable,
            progress: video.progress,
            duration_s: video.duration_s,
            width: video.width,
            height: video.height,
            failure: video.failure.map(FailureBody::from),
            warnings,
            source,
            links,
            playback,
            created_at: time(video.created_at),
            updated_at: time(video.updated_at),
        }
    }
}
