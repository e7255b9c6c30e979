//! Going on where an earlier run was cut off: what it has stored stays, and the encoder starts at the next cut.

use super::Scratch;
use super::Transcode;
use super::encode::{Encoded, Start, specs};
use super::rendition::{Kind, Spec};
use crate::package::{Rendition, Track};
use crate::plan::{Chunk, Pass, Pictures, Seek, VideoPlan, frames_before};

/// Where to start with a pass.
pub(super) fn start(run: &Transcode<'_>, pass: &Pass, scratch: &Scratch) -> Start {
    let specs = specs(run.plan, pass, scratch);
    let known: Vec<Option<&Rendition>> = specs.iter().map(|spec| stored(run, spec)).collect();
    if known.iter().all(|rendition| rendition.is_some_and(|rendition| rendition.track().complete)) {
        return Start::Whole(Box::new(whole(pass, known.into_iter().flatten().cloned())));
    }
    if known.iter().all(Option::is_none) {
        return Start::Fresh;
    }
    Start::GoesOn(seek(run, pass, &specs, &known))
}

/// What is stored of a rendition that is to be made.
pub(super) fn stored<'a>(run: &Transcode<'a>, spec: &Spec) -> Option<&'a Rendition> {
    run.stored.iter().find(|rendition| rendition.track().folder() == spec.folder)
}

fn whole(pass: &Pass, renditions: impl Iterator<Item = Rendition>) -> Encoded {
    let mut encoded = Encoded::default();
    for rendition in renditions {
        encoded.take(pass, rendition);
    }
    encoded
}

/// The cut to start from: the first that a rung of the pass lacks. `None` for the beginning.
fn seek(run: &Transcode<'_>, pass: &Pass, specs: &[Spec], known: &[Option<&Rendition>]) -> Option<Seek> {
    let video = run.plan.video.as_ref().filter(|_| pass.pictures != Pictures::Copied)?;
    let rungs = specs.iter().zip(known).filter(|(spec, _)| matches!(spec.kind, Kind::Video { .. }));
    let tracks: Option<Vec<&Track>> = rungs.map(|(_, known)| known.map(Rendition::track)).collect();
    let tracks = tracks?;
    let track = tracks.iter().min_by_key(|track| track.segments.len())?;
    let (segments, at) = (track.segments.len(), track.duration());
    // Nothing is decoded any more while the last picture is held.
    let held = video.hold_seconds.unwrap_or_default();
    let is_held = video.duration.is_none_or(|duration| at >= duration - held);
    let has_grid = frames_before(video.rate, segments) == track.samples;
    (segments > 0 && !is_held && has_grid).then(|| video.seek(segments))
}

/// Where to start with a chunk; `None` when all of it is stored.
pub(super) fn start_of_chunk(
    run: &Transcode<'_>,
    pass: &Pass,
    scratch: &Scratch,
    video: &VideoPlan,
    chunk: Chunk,
) -> Option<Start> {
    let rungs = specs(run.plan, pass, scratch);
    let known =
        rungs.iter().map(|spec| stored(run, spec).map_or(0, |rendition| rendition.track().segments.len()));
    let stored_of_all = known.min().unwrap_or_default();
    chunk.seek(video, stored_of_all).map(|seek| Start::GoesOn(Some(seek)))
}
