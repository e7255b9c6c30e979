//! `/api/v1/videos/{id}/watermark`.

pub(super) mod delete;
pub(super) mod put;
pub(super) mod read;

use serde::Serialize;
use telecine_app::watermarks::Watermark;
use utoipa::ToSchema;

/// The image that is drawn over a video instead of that of the settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WatermarkBody {
    /// Bytes of the image.
    size: usize,
    /// `topleft`, `top`, `topright`, `left`, `center`, `right`, `bottomleft`, `bottom` or `bottomright`.
    position: &'static str,
    /// Its width as a share of the video's.
    width: f64,
    /// Its distance from the edges as a share of the video's width.
    margin: f64,
    /// 0 is invisible, 1 is as the image is.
    opacity: f64,
}

impl From<Watermark> for WatermarkBody {
    fn from(watermark: Watermark) -> Self {
        let Watermark { size, position, width, margin, opacity } = watermark;
        Self { size, position: position.into(), width, margin, opacity }
    }
}
