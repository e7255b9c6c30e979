//! What the watch page tells search engines and chat programs about a video.

use maud::{Markup, html};
use telecine_app::App;
use telecine_app::playback::{Links, links_with};
use telecine_db::videos::Video;
use telecine_model::Visibility;
use url::Url;

/// Characters of the description that previews show.
const DESCRIPTION_CHARS: usize = 300;

/// Title, Open Graph and oEmbed discovery, with every text escaped. Sound alone has no picture.
pub(super) fn head(app: &App, video: &Video, token: Option<&str>) -> Markup {
    let links = open_links(app, video, token);
    let description: String = video.description.chars().take(DESCRIPTION_CHARS).collect();
    let size = video.width.zip(video.height);
    html! {
        title { (video.title) }
        @if video.visibility != Visibility::Public { meta name="robots" content="noindex"; }
        @if !description.is_empty() {
            meta name="description" content=(description);
            meta property="og:description" content=(description);
        }
        meta property="og:type" content="video.other";
        meta property="og:site_name" content="Telecine";
        meta property="og:title" content=(video.title);
        meta property="og:url" content=(links.watch);
        @if video.playable {
            meta property="og:video:url" content=(links.embed);
            meta property="og:video:type" content="text/html";
            meta name="twitter:card" content="player";
            meta name="twitter:player" content=(links.embed);
            @if let Some((width, height)) = size {
                meta property="og:image" content=(poster_address(&links.watch));
                meta property="og:video:width" content=(width);
                meta property="og:video:height" content=(height);
                meta name="twitter:player:width" content=(width);
                meta name="twitter:player:height" content=(height);
            }
            @if let Some(oembed) = oembed_address(app, &links.watch) {
                link rel="alternate" type="application/json+oembed" href=(oembed) title=(video.title);
            }
        }
    }
}

/// The addresses of the pages as somebody knows them who came with this token; a video that is not private needs none.
pub(super) fn open_links(app: &App, video: &Video, token: Option<&str>) -> Links {
    links_with(app, video.id, token.filter(|_| video.visibility == Visibility::Private))
}

/// An address of the poster that does not change: it leads on to where the picture is now.
pub(super) fn poster_address(watch: &str) -> String {
    match watch.split_once('?') {
        Some((page, token)) => format!("{page}/poster?{token}"),
        None => format!("{watch}/poster"),
    }
}

fn oembed_address(app: &App, watch: &str) -> Option<Url> {
    let mut address = app.public_url.join("/api/v1/oembed").ok()?;
    address.query_pairs_mut().append_pair("url", watch);
    Some(address)
}
