//! The picture that is drawn over a video, in shares of the rung it is drawn on.

use std::path::PathBuf;

use super::ladder::{Size, even};
use crate::config::{Place, Position, WatermarkConfig};

/// A watermark.
#[derive(Debug, Clone, PartialEq)]
pub struct Watermark {
    /// The image on this machine.
    pub image: PathBuf,
    position: Position,
    width: f64,
    margin: f64,
    /// 0 to 1.
    pub opacity: f64,
}

/// Where it goes on a picture of a certain size, in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Width of the watermark.
    pub(crate) width: u32,
    /// Left edge as an expression of ffmpeg's `overlay`, where `W` and `w` are the widths of picture and watermark.
    pub(crate) x: String,
    /// The same from the top.
    pub(crate) y: String,
}

impl Watermark {
    /// The one of the settings; `None` when they name no image.
    pub(super) fn of(config: &WatermarkConfig) -> Option<Self> {
        let WatermarkConfig { position, width, margin, opacity, .. } = *config;
        Some(Self { image: config.image.clone()?, position, width, margin, opacity })
    }

    /// Its place on a picture of this size.
    pub(crate) fn on(&self, picture: Size) -> Placed {
        let share = |share: f64| share * f64::from(picture.width);
        // At most half of a side that is far below 2^31.
        let margin = share(self.margin).round() as u32;
        let along = |place, whole, own| match place {
            Place::Start => margin.to_string(),
            Place::Middle => format!("({whole}-{own})/2"),
            Place::End => format!("{whole}-{own}-{margin}"),
        };
        Placed {
            width: even(share(self.width)),
            x: along(self.position.across, 'W', 'w'),
            y: along(self.position.down, 'H', 'h'),
        }
    }
}
