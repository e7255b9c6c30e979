//! Watching without signing in: who may, and the addresses that people hand on.

use telecine_db::videos::Video;
use telecine_model::{VideoId, Visibility};

use super::addresses::{playback_token, without_slash};
use crate::access::Purpose;
use crate::{App, AppError, videos};

/// Addresses of pages; those of a private video are signed and work for 12 hours.
#[derive(Debug, Clone)]
pub struct Links {
    /// The page with title and description.
    pub watch: String,
    /// The page for an iframe, which is nothing but the player.
    pub embed: String,
}

/// The video, for somebody who is not signed in: it is not private, or `token` is a playback token of it.
///
/// # Errors
/// [`AppError::NotFound`], whether there is no such video or it is private: nobody learns which.
pub async fn watchable(app: &App, id: VideoId, token: Option<&str>) -> Result<Video, AppError> {
    let video = videos::find(app, id).await?;
    let is_open = video.visibility != Visibility::Private;
    if is_open || token.is_some_and(|token| is_good_for(app, token, id)) {
        Ok(video)
    } else {
        Err(AppError::NotFound { what: "video" })
    }
}

fn is_good_for(app: &App, token: &str, id: VideoId) -> bool {
    app.signer.verify(Purpose::Playback, token, app.clock.now()) == Some(id.to_string().as_str())
}

/// Where the video is shown to people who are not signed in.
#[must_use]
pub fn links(app: &App, video: &Video) -> Links {
    let token = match video.visibility {
        Visibility::Private => format!("?token={}", playback_token(app, video.id)),
        Visibility::Unlisted | Visibility::Public => String::new(),
    };
    let (origin, id) = (without_slash(&app.public_url), video.id);
    Links { watch: format!("{origin}/watch/{id}{token}"), embed: format!("{origin}/embed/{id}{token}") }
}
