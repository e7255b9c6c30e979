//! `GET /embed/{id}`: the player and nothing else, for an iframe on any page.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use telecine_app::playback::watchable;
use telecine_app::{App, AppError};
use telecine_db::videos::Video;

use super::WatchParams;
use super::read::WatchPlayback;
use crate::extract::Params;
use crate::pages;
use crate::problem::Problem;

/// The player in a page of its own. `?autoplay=1`, `muted=1`, `loop=1` and `t=SECONDS` are read by the page.
#[utoipa::path(get, path = "/embed/{id}", security(()), params(("id" = String, Path), WatchParams),
    responses((status = 200, description = "the player", content_type = "text/html"),
        (status = 404, description = "a page that says so", content_type = "text/html")))]
pub(crate) async fn embed(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    Params(params): Params<WatchParams>,
) -> Result<Response, Problem> {
    let id = path.ok().and_then(|Path(id)| id.parse().ok());
    let video = match id {
        Some(id) => watchable(&app, id, params.token.as_deref()).await,
        None => Err(AppError::NotFound { what: "video" }),
    };
    let (status, page) = match video {
        Ok(video) => (StatusCode::OK, player(&app, &video).await),
        Err(AppError::NotFound { .. }) => (StatusCode::NOT_FOUND, missing()),
        Err(error) => return Err(error.into()),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_SECURITY_POLICY, pages::embed_security_policy(&app));
    // It holds signed addresses.
    headers.insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    Ok((status, headers, axum::response::Html(page.into_string())).into_response())
}

/// The page asks for the video again by itself: while nothing is playable yet, and when addresses have expired.
async fn player(app: &App, video: &Video) -> Markup {
    let playback = WatchPlayback::of(app, video).await;
    let body = html! {
        @if let Some(WatchPlayback { manifest, hls, poster, thumbhash }) = &playback {
            telecine-player src=(manifest) hls=(hls) poster=[poster] thumbhash=[thumbhash] {}
        } @else {
            p role="status" { "This video is being made ready." }
        }
    };
    document(&video.title, &body)
}

fn missing() -> Markup {
    document("Video", &html! { p role="alert" { "This video is private, or it is not there." } })
}

fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="stylesheet" href="/assets/embed.css";
                script type="module" src="/assets/player.js" {}
                script type="module" src="/assets/embed.js" {}
            }
            body { (body) }
        }
    }
}
