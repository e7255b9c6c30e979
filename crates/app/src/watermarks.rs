//! Watermarks that videos have of their own, in the place of the one of the settings. They are drawn when the video is
//! processed the next time.

use std::path::Path;

use telecine_db::watermarks::{self as rows, Watermark as Row};
use telecine_db::{Db, DbError, Tx, videos as video_rows};
use telecine_model::VideoId;
use telecine_video::{Position, VideoConfig, WatermarkConfig};

use crate::{App, AppError, videos};

/// Bytes of an image at most.
pub const MAX_IMAGE_BYTES: usize = 1_000_000;

/// How images begin that ffmpeg is allowed to read.
const SIGNATURES: [(&[u8], usize); 3] = [(b"\x89PNG\r\n\x1a\n", 0), (b"\xff\xd8\xff", 0), (b"WEBP", 8)];

/// A watermark as somebody gives it; what is left out is as the settings say.
#[derive(Debug)]
pub struct Given {
    /// A PNG, WebP or JPEG.
    pub image: Vec<u8>,
    /// One of nine places, such as `topleft`.
    pub position: Option<String>,
    /// Its width as a share of the video's.
    pub width: Option<f64>,
    /// Its distance from the edges as a share of the video's width.
    pub margin: Option<f64>,
    /// 0 to 1.
    pub opacity: Option<f64>,
}

/// A watermark as it will be drawn.
#[derive(Debug)]
pub struct Watermark {
    /// Bytes of the image.
    pub size: usize,
    /// Where it goes.
    pub position: Position,
    /// Its width as a share of the video's.
    pub width: f64,
    /// Its distance from the edges as a share of the video's width.
    pub margin: f64,
    /// 0 to 1.
    pub opacity: f64,
}

/// Gives a video a watermark of its own. It is drawn when the file has been uploaded, or, on a video that is there, when that is
/// processed again.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_watermark`, or `invalid_options`, which names the number; [`AppError::Conflict`] with
/// `not_processed_yet` while the video is processed; [`AppError::NotFound`].
pub async fn put(app: &App, video: VideoId, given: Given) -> Result<Watermark, AppError> {
    let is_image = SIGNATURES
        .iter()
        .any(|(signature, at)| given.image.get(*at..).is_some_and(|it| it.starts_with(signature)));
    if !is_image || given.image.len() > MAX_IMAGE_BYTES {
        let message = "the image must be a PNG, WebP or JPEG of at most 1 MB";
        return Err(AppError::invalid("invalid_watermark", message));
    }
    let Given { image, position, width, margin, opacity } = given;
    let row = Row { image, position, width, margin, opacity };
    let config =
        drawn(&app.video.watermark, &row).map_err(|refused| AppError::invalid("invalid_options", refused))?;
    config.check_numbers().map_err(|refused| AppError::invalid("invalid_options", refused))?;
    let size = row.image.len();
    let tx = begin_change(app, video).await?;
    rows::put(&tx, video, row).await?;
    tx.commit().await?;
    Ok(told(&config, size))
}

/// The watermark of a video.
///
/// # Errors
/// [`AppError::NotFound`], also when it has none of its own.
pub async fn find(app: &App, video: VideoId) -> Result<Watermark, AppError> {
    videos::find(app, video).await?;
    let row = rows::find(app.db.read(), video).await?.ok_or(AppError::NotFound { what: "watermark" })?;
    Ok(told(&drawn(&app.video.watermark, &row).unwrap_or_default(), row.image.len()))
}

/// Takes the watermark of a video away; the next processing draws that of the settings, if there is one.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] as for [`put`].
pub async fn delete(app: &App, video: VideoId) -> Result<(), AppError> {
    let tx = begin_change(app, video).await?;
    if !rows::delete(&tx, video).await? {
        return Err(AppError::NotFound { what: "watermark" });
    }
    Ok(tx.commit().await?)
}

/// A transaction in which nobody begins to process the video: all runs on a generation draw the same.
async fn begin_change(app: &App, video: VideoId) -> Result<Tx, AppError> {
    let tx = app.db.begin().await?;
    if video_rows::hold_unless_processing(&tx, video, app.clock.now_ms()).await? {
        return Ok(tx);
    }
    drop(tx);
    videos::find(app, video).await?;
    let sentence = "the video is being processed; try again when that has ended";
    Err(AppError::conflict("not_processed_yet", sentence))
}

/// The settings for a video: with the image of its own, which is put into this folder, if it has one.
pub(crate) async fn settings_for(
    db: &Db,
    video: VideoId,
    settings: &VideoConfig,
    folder: &Path,
) -> Result<VideoConfig, SettingsError> {
    let Some(row) = rows::find(db.read(), video).await? else { return Ok(settings.clone()) };
    let image = folder.join("watermark");
    let drawn = drawn(&settings.watermark, &row).unwrap_or_default();
    tokio::fs::write(&image, row.image).await?;
    Ok(VideoConfig {
        watermark: WatermarkConfig { enabled: true, image: Some(image), ..drawn },
        ..settings.clone()
    })
}

/// Why the settings for a video are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Disk(#[from] std::io::Error),
}

/// How it is drawn; a sentence when the position has no such name.
fn drawn(settings: &WatermarkConfig, row: &Row) -> Result<WatermarkConfig, String> {
    let position = row.position.as_deref().map(str::parse::<Position>).transpose();
    Ok(WatermarkConfig {
        position: position.map_err(|error| error.to_string())?.unwrap_or(settings.position),
        width: row.width.unwrap_or(settings.width),
        margin: row.margin.unwrap_or(settings.margin),
        opacity: row.opacity.unwrap_or(settings.opacity),
        ..settings.clone()
    })
}

fn told(config: &WatermarkConfig, size: usize) -> Watermark {
    let WatermarkConfig { position, width, margin, opacity, .. } = *config;
    Watermark { size, position, width, margin, opacity }
}
