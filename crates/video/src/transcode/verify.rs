//! Is it all there? Exit code 0 proves nothing: ffmpeg ends so on half a file.

use super::encode::Encoded;
use crate::error::VideoError;
use crate::package::{Track, Warning};
use crate::plan::{Chunk, Plan, VideoPlan};

/// Seconds an output may be shorter than its own input stream.
const MAX_SHORTFALL_SECONDS: f64 = 0.5;

/// The same as a share of the stream: containers round, and the last frames of long recordings may be broken.
const MAX_SHORTFALL_SHARE: f64 = 0.02;

/// Compares what was made with what was planned, and the rungs with each other.
pub(super) fn check(plan: &Plan, encoded: &Encoded) -> Result<Vec<Warning>, VideoError> {
    let rungs = plan.video.as_ref().map_or(0, |video| video.rungs.len());
    if encoded.video.len() != rungs || (rungs == 0 && encoded.audio.is_none()) {
        return Err(VideoError::Corrupt { detail: "no picture or sound could be decoded".to_owned() });
    }
    for rung in &encoded.video {
        check_seams(&rung.track)?;
        check_alignment(&encoded.video[0].track, &rung.track)?;
    }
    check_durations(plan, encoded)?;
    Ok(if encoded.has_errors { vec![Warning::VideoDamaged] } else { Vec::new() })
}

/// Segments come from several runs, and may come from several machines.
fn check_seams(rung: &Track) -> Result<(), VideoError> {
    let mut end = 0;
    for segment in &rung.segments {
        if segment.start_ticks != end {
            let (id, start) = (&rung.id, segment.start_ticks);
            return Err(VideoError::invalid(format!("{id}: a segment starts at {start} and not at {end}")));
        }
        end += segment.duration_ticks;
    }
    Ok(())
}

/// Compares a chunk with the frames that belong to it: those of the next one come right after them. In the last one the film
/// ends, which is looked at when all is together.
pub(super) fn check_chunk(video: &VideoPlan, chunk: Chunk, encoded: &Encoded) -> Result<(), VideoError> {
    let Some(to) = chunk.to else { return Ok(()) };
    let expected = chunk.frames(video.rate, to - chunk.from);
    for rung in &encoded.video {
        let (id, made) = (&rung.track.id, rung.track.samples);
        if made != expected {
            return Err(VideoError::invalid(format!("{id}: the chunk has {made} frames and not {expected}")));
        }
    }
    Ok(())
}

/// Players switch rungs at any cut, so cuts must fall on the same frames.
fn check_alignment(first: &Track, other: &Track) -> Result<(), VideoError> {
    let cuts = |rung: &Track| -> Vec<(u64, u64)> {
        rung.segments.iter().map(|segment| (segment.start_ticks, segment.duration_ticks)).collect()
    };
    let is_aligned =
        first.timescale == other.timescale && first.samples == other.samples && cuts(first) == cuts(other);
    if is_aligned { Ok(()) } else { Err(VideoError::invalid("rungs are cut at different frames")) }
}

/// Every output against its own input stream; a file may well be longer than its picture.
fn check_durations(plan: &Plan, encoded: &Encoded) -> Result<(), VideoError> {
    let made = |track: Option<&Track>| track.map_or(0.0, Track::duration);
    let picture = made(encoded.video.first().map(|rendition| &rendition.track));
    let sound = made(encoded.audio.as_ref().map(|rendition| &rendition.track));
    let planned_picture = plan.video.as_ref().and_then(|video| video.duration);
    let planned_sound =
        plan.audio.as_ref().and_then(|audio| audio.duration).filter(|_| encoded.audio.is_some());
    // A recording without constant rate may hold its last picture for long, which the encoder leaves out. Only
    // complaints of the decoder, or a cut that inspection sees, would mean that something is missing.
    let may_hold = plan.video.as_ref().is_some_and(|video| video.is_variable_rate) && !encoded.has_errors;
    if lacks_end(planned_picture, picture) && !may_hold {
        return Err(truncated("picture", planned_picture, picture));
    }
    if lacks_end(planned_sound, sound) {
        return Err(truncated("sound", planned_sound, sound));
    }
    if planned_picture.or(planned_sound).is_none() && lacks_end(plan.file_duration, picture.max(sound)) {
        return Err(truncated("file", plan.file_duration, picture.max(sound)));
    }
    Ok(())
}

fn lacks_end(planned: Option<f64>, made: f64) -> bool {
    planned.is_some_and(|planned| planned - made > MAX_SHORTFALL_SECONDS.max(planned * MAX_SHORTFALL_SHARE))
}

fn truncated(what: &str, planned: Option<f64>, made: f64) -> VideoError {
    let planned = planned.unwrap_or(0.0);
    VideoError::Truncated { detail: format!("the {what} says {planned:.3} s and ends after {made:.3} s") }
}
