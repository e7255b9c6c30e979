//! Watching without signing in: who may, and the addresses that people hand on.

use telecine_db::videos::Video;
use telecine_model::{VideoId, Visibility};

use super::addresses::{signed_for, without_slash};
use crate::access::Purpose;
use crate::{App, AppError, videos};

/// Addresses of pages.
#[derive(Debug, Clone)]
pub struct Links {
    /// The page with title and description.
    pub watch: String,
    /// The page for an iframe, which is nothing but the player.
    pub embed: String,
}

/// The video, for somebody who is not signed in: it is not private, or `token` is of an address that was handed on.
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

/// A token for playlists does not open the pages: those who watch would never have to ask again.
fn is_good_for(app: &App, token: &str, id: VideoId) -> bool {
    app.signer.verify(Purpose::Watch, token, app.clock.now()) == Some(id.to_string().as_str())
}

/// What people who may use this server hand on: addresses of a private video are signed and work for 12 hours.
#[must_use]
pub fn links(app: &App, video: &Video) -> Links {
    match video.visibility {
        Visibility::Private => links_with(app, video.id, Some(&signed_for(app, Purpose::Watch, video.id))),
        Visibility::Unlisted | Visibility::Public => links_with(app, video.id, None),
    }
}

/// The same addresses with the token that somebody has come with, who gets no longer life for it.
#[must_use]
pub fn links_with(app: &App, id: VideoId, token: Option<&str>) -> Links {
    let token =
        token.filter(|token| !token.is_empty()).map(|token| format!("?token={token}")).unwrap_or_default();
    let origin = without_slash(&app.public_url);
    Links { watch: format!("{origin}/watch/{id}{token}"), embed: format!("{origin}/embed/{id}{token}") }
}
