//! Everything before the first frame is decoded: is it all there, what is it, what will be made of it.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::config::{Tools, VideoConfig};
use crate::error::VideoError;
use crate::inspect::{inspect, longest_group};
use crate::plan::{Plan, Wishes, plan};
use crate::probe::probe;

/// Inspects and probes a local file, and plans what to make of it.
///
/// # Errors
/// [`VideoError::NoWatermark`] when one is wanted and the settings name none; every way in which a file can be no media, cut off or too large, or the tools unusable.
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
    Ok(plan(&probe, config, wishes, group))
}
