//! The package of a generation that is still being made, read from what has been written down of it.

use std::ops::Range;

use telecine_db::recordings;
use telecine_db::videos::Video;
use telecine_model::VideoId;
use telecine_video::Package;
use telecine_video::package::Rendition;

use crate::{App, AppError};

/// What there is of the generation; `None` when nothing is being made of it.
pub(super) async fn growing(app: &App, video: &Video, generation: i64) -> Result<Option<Package>, AppError> {
    let renditions = recorded(app, video.id, generation).await?;
    Ok((!renditions.is_empty()).then(|| Package::growing(renditions, video.duration_s, app.clock.now())))
}

/// The renditions of a generation as far as they are stored.
pub(crate) async fn recorded(app: &App, video: VideoId, generation: i64) -> Result<Vec<Rendition>, AppError> {
    recorded_between(app, video, generation, 0..usize::MAX).await
}

/// The same with these segments only. They end where one is missing: chunks of a film come in any order.
pub(crate) async fn recorded_between(
    app: &App,
    video: VideoId,
    generation: i64,
    segments: Range<usize>,
) -> Result<Vec<Rendition>, AppError> {
    let entries = recordings::of_generation(app.db.read(), video, generation).await?;
    let mut renditions: Vec<Rendition> = Vec::new();
    for entry in entries {
        let unreadable = |error: serde_json::Error| AppError::Unreadable {
            document: "recording",
            reason: format!("{} {}: {error}", entry.rendition, entry.seq),
        };
        if entry.seq == 0 {
            renditions.push(serde_json::from_str(&entry.entry).map_err(unreadable)?);
        } else if let Some(rendition) =
            renditions.last_mut().filter(|rendition| rendition.track().folder() == entry.rendition)
        {
            let track = rendition.track_mut();
            let index = usize::try_from(entry.seq - 1).unwrap_or(usize::MAX);
            if segments.contains(&index) && index - segments.start == track.segments.len() {
                track.push(serde_json::from_str(&entry.entry).map_err(unreadable)?);
            }
        }
    }
    Ok(renditions)
}
