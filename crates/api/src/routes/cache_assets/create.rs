//! `POST /api/v1/cache-assets`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_app::cache::{self, Bundle, BundleImage, NewFile, Wishes};
use telecine_app::{App, AppError};
use telecine_model::CacheAssetId;
use utoipa::ToSchema;

use super::AssetBody;
use crate::extract::Json;
use crate::problem::Problem;

/// The least urgent jobs.
const MAX_PRIORITY: i32 = 2_097_152;

/// One address (`url`), several (`urls`), or the files of a post (`video`, `cover`, `music`, `images`, `avatar`).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAssets {
    #[schema(example = "https://media.example/picture.jpg")]
    url: Option<String>,
    /// Up to 500 addresses.
    urls: Option<Vec<String>>,
    /// Of a post.
    video: Option<String>,
    cover: Option<String>,
    music: Option<String>,
    #[serde(default)]
    images: Vec<PostImage>,
    avatar: Option<String>,
    /// Whether pictures are made smaller on their way in: 1280x720 at most, as WebP, without metadata.
    #[serde(default)]
    optimize: bool,
    /// 0, if left out, runs before 1, 1 before 2 and so on.
    #[serde(default)]
    priority: i32,
}

/// One of the pictures of a post.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostImage {
    url: String,
    width: Option<i32>,
    height: Option<i32>,
}

/// What was noted; nothing has been fetched yet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Noted {
    /// For `url` and `urls`, in their order.
    Assets {
        /// The assets.
        items: Vec<AssetBody>,
    },
    /// For a post: ids.
    Post {
        video: Option<String>,
        cover: Option<String>,
        music: Option<String>,
        /// In their order.
        images: Vec<String>,
        avatar: Option<String>,
    },
}

/// Has files fetched into storage. Ids are there at once, and stand for the original addresses until the files are here. An address
/// that is known keeps its id.
#[utoipa::path(post, path = "/api/v1/cache-assets", request_body = NewAssets,
    responses((status = 202, body = Noted), (status = "4XX", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Json(new): Json<NewAssets>,
) -> Result<(StatusCode, Json<Noted>), Problem> {
    if !(0..=MAX_PRIORITY).contains(&new.priority) {
        let detail = format!("priority must be 0 to {MAX_PRIORITY}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_priority", detail));
    }
    let wishes = Wishes { optimize: new.optimize, priority: new.priority };
    let is_post = new.video.is_some()
        || new.cover.is_some()
        || new.music.is_some()
        || new.avatar.is_some()
        || !new.images.is_empty();
    let noted = match (new.url, new.urls, is_post) {
        (Some(url), None, false) => add(&app, vec![url], wishes).await?,
        (None, Some(urls), false) => add(&app, urls, wishes).await?,
        (None, None, true) => {
            let images = new.images.into_iter();
            let images = images.map(|PostImage { url, width, height }| BundleImage { url, width, height });
            let (video, cover, music, avatar) = (new.video, new.cover, new.music, new.avatar);
            let bundle = Bundle { video, cover, music, images: images.collect(), avatar };
            let bundled = cache::add_bundle(&app, bundle, wishes).await?;
            let text = |id: Option<CacheAssetId>| id.map(|id| id.to_string());
            Noted::Post {
                video: text(bundled.video),
                cover: text(bundled.cover),
                music: text(bundled.music),
                images: bundled.images.iter().map(ToString::to_string).collect(),
                avatar: text(bundled.avatar),
            }
        }
        _ => {
            let detail =
                "give one of url, urls, and the parts of a post (video, cover, music, images, avatar)";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", detail));
        }
    };
    Ok((StatusCode::ACCEPTED, Json(noted)))
}

async fn add(app: &App, urls: Vec<String>, wishes: Wishes) -> Result<Noted, AppError> {
    let files: Vec<NewFile> = urls.into_iter().map(NewFile::from).collect();
    let assets = cache::add(app, &files, wishes).await?;
    // What is known may be here already.
    let assets = cache::with_objects(app, assets).await?;
    Ok(Noted::Assets { items: assets.into_iter().map(AssetBody::from).collect() })
}
