//! `PUT /api/v1/videos/{id}/watermark`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use serde::Deserialize;
use telecine_app::{App, watermarks};
use telecine_model::VideoId;
use utoipa::IntoParams;

use super::WatermarkBody;
use crate::extract::{Id, Json, Params, whole};
use crate::problem::Problem;

/// What is left out is as `video.watermark` of the settings says.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct WatermarkParams {
    /// `topleft`, `top`, `topright`, `left`, `center`, `right`, `bottomleft`, `bottom` or `bottomright`.
    position: Option<String>,
    /// Its width as a share of the video's, 0.01 to 1.
    width: Option<f64>,
    /// Its distance from the edges as a share of the video's width, 0 to 0.5.
    margin: Option<f64>,
    /// 0 is invisible, 1 is as the image is.
    opacity: Option<f64>,
}

/// Gives a video a watermark of its own: a PNG, WebP or JPEG of at most 1 MB. It is drawn when the video is processed the next
/// time: after its upload, or with `POST /api/v1/videos/{id}/reprocess`.
#[utoipa::path(put, path = "/api/v1/videos/{id}/watermark",
    params(("id" = String, Path), WatermarkParams),
    request_body(content = Vec<u8>, content_type = "image/png"),
    responses((status = 200, body = WatermarkBody), (status = "4XX", body = Problem)))]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    Id(video): Id<VideoId>,
    Params(params): Params<WatermarkParams>,
    body: Body,
) -> Result<Json<WatermarkBody>, Problem> {
    let WatermarkParams { position, width, margin, opacity } = params;
    let image =
        whole(body, watermarks::MAX_IMAGE_BYTES, "watermark_too_large", "a watermark may have 1 MB").await?;
    let given = watermarks::Given { image, position, width, margin, opacity };
    Ok(Json(watermarks::put(&app, video, given).await?.into()))
}
