//! `POST /api/v1/images`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use http::StatusCode;
use serde::Deserialize;
use telecine_app::access::Owner;
use telecine_app::images::{Announcement, NewThumbnail};
use telecine_app::{App, images};
use telecine_image::Variant;
use telecine_model::VideoId;
use utoipa::ToSchema;

use super::{ImageBody, VariantWish};
use crate::extract::Json;
use crate::problem::Problem;

/// A file to be uploaded, with `filename`, `size` and `content_type`; or a picture to be taken from a video, with `video_id` and
/// `timestamp`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImage {
    /// The file's own name, without folders.
    #[schema(example = "beach.jpg")]
    filename: Option<String>,
    /// Bytes, up to 32 MiB.
    #[schema(example = 2_400_000, minimum = 1)]
    size: Option<i64>,
    /// The media type; `application/octet-stream` when unknown.
    #[schema(example = "image/jpeg")]
    content_type: Option<String>,
    /// SHA-256 of the file in hexadecimal digits; a file that differs fails with `checksum_mismatch`.
    sha256: Option<String>,
    /// One of your videos, instead of a file.
    video_id: Option<String>,
    /// The second of the video.
    #[schema(example = 12.5)]
    timestamp: Option<f64>,
    /// What people will call the image; the file's name without its extension, or the video's title, if left out.
    title: Option<String>,
    /// Sizes, up to 8; `large` (1280x720), `medium` (640x360) and `thumbnail` (320x180) if left out.
    variants: Option<Vec<VariantWish>>,
}

/// Opens the upload of an image, or takes a picture from a video. Variants are made by a job.
#[utoipa::path(post, path = "/api/v1/images", request_body = NewImage,
    responses((status = 201, body = ImageBody), (status = "4XX", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Extension(owner): Extension<Owner>,
    Json(new): Json<NewImage>,
) -> Result<(StatusCode, Json<ImageBody>), Problem> {
    let refused = |detail| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", detail);
    let variants: Option<Vec<Variant>> =
        new.variants.map(|variants| variants.into_iter().map(Variant::from).collect());
    let body = match (new.video_id, new.filename) {
        (Some(_), Some(_)) => return Err(refused("filename and video_id are both given; give one")),
        (Some(video), None) => {
            let not_found =
                |_| Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no video with this id");
            let video: VideoId = video.parse().map_err(not_found)?;
            let timestamp = new.timestamp.unwrap_or(0.0);
            let thumbnail = NewThumbnail { video, timestamp, title: new.title, variants };
            ImageBody::new(&app, images::take(&app, thumbnail).await?).await?
        }
        (None, filename) => {
            let filename = filename.ok_or_else(|| refused("filename is missing, or video_id"))?;
            let size = new.size.ok_or_else(|| refused("size is missing"))?;
            let content_type = new.content_type.ok_or_else(|| refused("content_type is missing"))?;
            let (title, sha256) = (new.title.as_deref(), new.sha256.as_deref());
            let announced = Announcement::check(&filename, size, &content_type, title, sha256, variants)?;
            ImageBody::opened(&app, images::open(&app, &owner, announced).await?).await?
        }
    };
    Ok((StatusCode::CREATED, Json(body)))
}
