//! Everything before the first frame is decoded: is it all there, what is it, what will be made of it.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::command::image_args;
use crate::config::{Tools, VideoConfig};
use crate::error::VideoError;
use crate::inspect::{inspect, longest_group};
use crate::plan::{Plan, Wishes, plan};
use crate::probe::{limits, probe};
use crate::transcode::Scratch;

/// Inspects and probes a local file, and plans what to make of it.
///
/// # Errors
/// [`VideoError::NoWatermark`] when one is wanted and the settings name none; [`VideoError::BadWatermark`]; every way in which a file can be no media, cut off or too large, or the tools unusable.
pub async fn prepare(
    tools: &Tools,
    config: &VideoConfig,
    wishes: &Wishes,
    input: &Path,
    scratch_dir: &Path,
    cancel: &CancellationToken,
) -> Result<Plan, VideoError> {
    if wishes.watermark == Some(true) && config.watermark.image.is_none() {
        return Err(VideoError::NoWatermark);
    }
    inspect(input).await?;
    let probe = probe(tools, config, input, scratch_dir, cancel).await?;
    let group = match &probe.video {
        Some(video) => longest_group(input, video.index).await?,
        None => None,
    };
    let plan = plan(&probe, config, wishes, group);
    if let Some(watermark) = &plan.watermark {
        check_image(tools, &watermark.image, scratch_dir, cancel).await?;
    }
    Ok(plan)
}

/// Whether the image of a watermark can be decoded: what fails later would look like a fault of the video.
async fn check_image(
    tools: &Tools,
    image: &Path,
    scratch_dir: &Path,
    cancel: &CancellationToken,
) -> Result<(), VideoError> {
    let scratch = Scratch::with_input(scratch_dir, image)?;
    let command = scratch.command(&tools.ffmpeg).args(image_args(tools.max_pixels)).limits(limits(tools));
    let running = command.spawn().await.map_err(|error| VideoError::not_started("ffmpeg", &error))?;
    let outcome = running.wait(cancel).await;
    match VideoError::from_outcome("ffmpeg", &outcome) {
        Some(VideoError::Corrupt { detail }) => Err(VideoError::BadWatermark { detail }),
        Some(error) => Err(error),
        None => Ok(()),
    }
}
