//! The addresses a client gets with a video.

use std::time::Duration;

use jiff::Timestamp;
use telecine_db::videos::Video;
use telecine_model::limits::PRESIGNED_URL_LIFE;
use telecine_model::{VideoId, key};
use telecine_storage::ObjectStore;
use telecine_video::package::Source;
use telecine_video::package::revised;
use url::Url;

use super::Outputs;
use crate::App;
use crate::access::Purpose;

/// A playback address lives at least this long …
const LINK_LIFE_S: i64 = 12 * 3600;
/// … and is the same for everybody who asks within this window, so that caches can help.
const LINK_WINDOW_S: i64 = 3600;

/// Why signing cannot fail.
const SIGNABLE: &str = "keys are made by this program and never hold what cannot be signed";

/// Where a published video plays; every address is absolute.
#[derive(Debug, Clone)]
pub struct Playback {
    /// HLS master playlist.
    pub hls: String,
    /// DASH manifest.
    pub dash: String,
    /// `manifest.json` for Telecine's own player.
    pub manifest: String,
    /// Faststart MP4.
    pub mp4: Option<String>,
    /// MP4s by the names of their rungs, such as `720p`, the one above first.
    pub downloads: Vec<(String, String)>,
    /// Poster image.
    pub poster: Option<String>,
    /// WebVTT with a thumbnail every 4 s.
    pub thumbnails: Option<String>,
    /// WebVTT with the same pictures on a few sheets.
    pub storyboard: Option<String>,
    /// A small MP4 of a few seconds without sound.
    pub preview: Option<String>,
    /// What to show before the poster is there: a thumbhash in Base64.
    pub thumbhash: Option<String>,
    /// The renditions, best first.
    pub renditions: Vec<String>,
    /// What the file was that it is made of.
    pub source: Option<Source>,
    /// What is not perfect about the video, such as `video_damaged`.
    pub warnings: Vec<&'static str>,
}

/// The playback addresses of the video; `None` while nothing is published.
#[must_use]
pub async fn playback(app: &App, video: &Video) -> Option<Playback> {
    let generation = video.published_generation.filter(|_| video.playable)?;
    let outputs = Outputs::from_json(video.outputs.as_deref());
    let prefix = key::generation_prefix(video.id, generation);
    // What the API makes itself is up to date under its plain name.
    let (documents, revision) = match app.urls.on_cdn(&prefix) {
        Some(base) => (base, video.documents_revision),
        None => (signed_base(app, video.id), 0),
    };
    let document = |name| format!("{documents}{}", revised(name, revision));
    let chosen = video.poster_s.and_then(|second| outputs.picture_at(second));
    // The placeholder is of the encoder's choice.
    let thumbhash = outputs.thumbhash.clone().filter(|_| chosen.is_none());
    let poster = chosen.or(outputs.poster);
    let mut downloads = Vec::new();
    for (rung, name) in outputs.downloads {
        downloads.extend(object(app, &prefix, Some(&name)).await.map(|address| (rung, address)));
    }
    Some(Playback {
        hls: document("master.m3u8"),
        dash: document("manifest.mpd"),
        manifest: document("manifest.json"),
        mp4: object(app, &prefix, outputs.mp4.as_deref()).await,
        downloads,
        poster: object(app, &prefix, poster.as_deref()).await,
        thumbnails: outputs.thumbnails.then(|| format!("{documents}thumbnails.vtt")),
        storyboard: outputs.storyboard.then(|| format!("{documents}storyboard.vtt")),
        preview: object(app, &prefix, outputs.preview.as_deref()).await,
        thumbhash,
        warnings: outputs.warnings.iter().map(|warning| warning.as_str()).collect(),
        renditions: outputs.renditions,
        source: outputs.source,
    })
}

/// The address of one of the outputs.
async fn object(app: &App, prefix: &str, name: Option<&str>) -> Option<String> {
    let address = app.urls.public(&format!("{prefix}{}", name?)).await;
    Some(address.expect(SIGNABLE).as_ref().to_owned())
}

/// How long the addresses inside a signed playlist live: a viewer reads the playlist once and plays to the end.
pub(super) fn segment_url_life(video: &Video) -> Duration {
    let watching =
        Duration::try_from_secs_f64(video.duration_s.unwrap_or_default() * 2.0).unwrap_or_default();
    // S3 signs for 7 days at most.
    (PRESIGNED_URL_LIFE + watching).min(Duration::from_secs(7 * 24 * 3600))
}

/// A presigned address of an object of ours.
pub(super) fn presigned(store: &ObjectStore, key: &str, life: Duration) -> String {
    let signed = store.presign_get(key, life);
    signed.expect(SIGNABLE).url.into()
}

fn signed_base(app: &App, video: VideoId) -> String {
    format!("{}/play/{}/", without_slash(&app.public_url), signed_for(app, Purpose::Playback, video))
}

/// A text that is good for the video for 12 hours.
pub(super) fn signed_for(app: &App, purpose: Purpose, video: VideoId) -> String {
    let window_start = app.clock.now().as_second().div_euclid(LINK_WINDOW_S) * LINK_WINDOW_S;
    let expires_at = window_start + LINK_LIFE_S + LINK_WINDOW_S;
    let expires_at = Timestamp::from_second(expires_at).unwrap_or(Timestamp::MAX);
    app.signer.sign(purpose, &video.to_string(), expires_at)
}

pub(super) fn without_slash(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}
