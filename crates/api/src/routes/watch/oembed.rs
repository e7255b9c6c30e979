//! `GET /api/v1/oembed`: how to embed a video, for programs that were given the address of its page (<https://oembed.com>).

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use maud::html;
use serde::{Deserialize, Serialize};
use telecine_app::App;
use telecine_app::playback::watchable;
use telecine_model::VideoId;
use url::Url;
use utoipa::{IntoParams, ToSchema};

use super::head::{open_links, poster_address};
use crate::extract::{Json, Params};
use crate::problem::Problem;

/// The usual size where nothing is known and nothing is asked.
const USUAL: Size = Size { width: 640, height: 360 };
/// The narrowest that the controls of the player fit into, where nobody asks for less.
const MIN_WIDTH: u32 = 200;

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct OembedParams {
    /// The address of a watch page or an embed of this server.
    url: String,
    /// Only `json`.
    #[serde(default)]
    format: Option<String>,
    /// Pixels at most from left to right.
    #[serde(default)]
    maxwidth: Option<u32>,
    /// Pixels at most from top to bottom.
    #[serde(default)]
    maxheight: Option<u32>,
}

/// A rich embed of type `video`, as oEmbed 1.0 defines it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OembedBody {
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    title: String,
    provider_name: &'static str,
    provider_url: String,
    /// An iframe.
    html: String,
    width: u32,
    height: u32,
    thumbnail_url: Option<String>,
    /// Seconds.
    duration: Option<f64>,
}

#[derive(Clone, Copy)]
struct Size {
    width: u32,
    height: u32,
}

/// How to embed the video of a page. Pages of every origin may ask.
#[utoipa::path(get, path = "/api/v1/oembed", security(()), params(OembedParams),
    responses((status = 200, body = OembedBody), (status = 404, body = Problem), (status = 501, body = Problem)))]
pub(crate) async fn oembed(
    State(app): State<Arc<App>>,
    Params(params): Params<OembedParams>,
) -> Result<Response, Problem> {
    if params.format.as_deref().is_some_and(|format| format != "json") {
        let detail = "format must be json; XML is not offered";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "format_not_offered", detail));
    }
    let (id, token) = named_by(&params.url).ok_or_else(Problem::not_found)?;
    let video = watchable(&app, id, token.as_deref()).await?;
    let links = open_links(&app, &video, token.as_deref());
    let natural = video.width.zip(video.height).and_then(|(width, height)| {
        Some(Size { width: u32::try_from(width).ok()?, height: u32::try_from(height).ok()? })
    });
    let Size { width, height } = fitted(natural.unwrap_or(USUAL), params.maxwidth, params.maxheight);
    let frame = html! {
        iframe src=(links.embed) width=(width) height=(height) title=(video.title) frameborder="0"
            allow="autoplay; fullscreen; picture-in-picture" allowfullscreen {}
    };
    let body = OembedBody {
        kind: "video",
        version: "1.0",
        provider_name: "Telecine",
        provider_url: app.public_url.to_string(),
        html: frame.into_string(),
        width,
        height,
        thumbnail_url: (video.playable && natural.is_some()).then(|| poster_address(&links.watch)),
        duration: video.duration_s,
        title: video.title,
    };
    Ok(([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(body)).into_response())
}

/// The video and the token of `…/watch/{id}?token=…` or `…/embed/{id}?token=…`. The host is not looked at: people reach
/// this server under several names, and ids are unique.
fn named_by(address: &str) -> Option<(VideoId, Option<String>)> {
    let url = Url::parse(address).ok()?;
    let mut segments = url.path_segments()?;
    let (page, id, rest) = (segments.next()?, segments.next()?, segments.next());
    if !matches!(page, "watch" | "embed") || rest.is_some() {
        return None;
    }
    let token = url.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    Some((id.parse().ok()?, token))
}

/// As large as the usual embed is wide, in the shape of the video, and within what was asked for.
fn fitted(natural: Size, max_width: Option<u32>, max_height: Option<u32>) -> Size {
    let ratio = f64::from(natural.height.max(1)) / f64::from(natural.width.max(1));
    let width = f64::from(max_width.unwrap_or(natural.width.clamp(MIN_WIDTH, USUAL.width)));
    let by_height = max_height.map_or(f64::INFINITY, |height| f64::from(height) / ratio);
    let width = width.min(by_height).max(1.0);
    Size { width: width.round() as u32, height: (width * ratio).round().max(1.0) as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embed_keeps_its_shape_within_what_is_asked_for() {
        let fit = |natural: (u32, u32), width, height| {
            let size = fitted(Size { width: natural.0, height: natural.1 }, width, height);
            (size.width, size.height)
        };
        assert_eq!(fit((1920, 1080), None, None), (640, 360));
        assert_eq!(fit((1920, 1080), Some(1280), None), (1280, 720));
        assert_eq!(fit((1920, 1080), Some(1280), Some(360)), (640, 360));
        assert_eq!(fit((1080, 1920), None, Some(480)), (270, 480));
        assert_eq!(fit((64, 36), None, None), (200, 113));
        assert_eq!(fit((1920, 1080), Some(120), None), (120, 68));
        assert_eq!(fit((0, 0), Some(0), Some(0)), (1, 1));
    }

    #[test]
    fn only_pages_of_a_video_name_one() {
        let id = "01900000-0000-7000-8000-000000000000";
        let named = |address: &str| named_by(address).map(|(id, token)| (id.to_string(), token));
        assert_eq!(named(&format!("https://v.example/watch/{id}")), Some((id.into(), None)));
        let embed = format!("http://127.0.0.1:3001/embed/{id}?t=1&token=a.b");
        assert_eq!(named(&embed), Some((id.into(), Some("a.b".into()))));
        for other in [
            "",
            "watch",
            &format!("https://v.example/studio/{id}"),
            &format!("https://v.example/watch/{id}/poster"),
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
