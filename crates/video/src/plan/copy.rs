//! Which pictures can be shown as they are: copied into segments, they are there a second after the file.

use super::ladder::{Rung, Size};
use super::{picture, timing};
use crate::probe::VideoStream;

/// Profiles that every browser decodes.
const PROFILES: [&str; 4] = ["Constrained Baseline", "Baseline", "Main", "High"];

/// Ten times the level: 5.1.
const MAX_LEVEL: i32 = 51;

/// A seek goes to the beginning of a group, and a segment is at least one group.
const MAX_GROUP_SECONDS: f64 = 10.0;

/// Frames per second at most.
const MAX_RATE: f64 = 60.5;

/// Times the cap of the largest rung: more would not arrive in time at many viewers.
const MAX_BITRATE_TIMES_CAP: f64 = 2.5;

/// Seconds by which the first picture may be late: less than one at 60 frames.
const MAX_LATE_SECONDS: f64 = 0.01;

/// Pictures that are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyPlan {
    /// Seconds that no segment will be longer than.
    pub longest_segment: u32,
}

/// How the pictures of a source may be copied, or why not, in words for the log.
pub(super) fn copy(
    stream: &VideoStream,
    file_start: f64,
    rungs: &[Rung],
    display: Size,
    longest_group: Option<f64>,
) -> Result<CopyPlan, &'static str> {
    // Pixels that are a thousandth too wide change nothing here.
    let is_shown_as_stored =
        stream.rotation == 0 && (display.width, display.height) == (stream.width, stream.height);
    let is_late = stream.start.is_some_and(|start| (start - file_start).abs() > MAX_LATE_SECONDS);
    let cap = f64::from(rungs.first().map_or(0, |rung| rung.max_bitrate_kbps)) * 1000.0;
    let is_profile = stream.profile.as_deref().is_some_and(|profile| PROFILES.contains(&profile));
    let group = match longest_group {
        _ if stream.codec != "h264" => return Err("it is not H.264"),
        _ if !is_profile || stream.level > MAX_LEVEL => return Err("its profile or level is unusual"),
        _ if stream.pixel_format.as_deref() != Some("yuv420p") => return Err("it is not 8-bit 4:2:0"),
        _ if picture::wide_range(stream).is_some() || stream.is_interlaced => {
            return Err("it is HDR or interlaced");
        }
        _ if !is_shown_as_stored => return Err("it is shown in another size or turned"),
        _ if timing::average(stream).is_none_or(|rate| rate > MAX_RATE) => {
            return Err("its frame rate is too high");
        }
        _ if is_late => return Err("its picture starts late"),
        _ if stream.bitrate.is_none_or(|bitrate| bitrate > MAX_BITRATE_TIMES_CAP * cap) => {
            return Err("its bitrate is too high");
        }
        None => return Err("its key frames are not known"),
        Some(group) if group > MAX_GROUP_SECONDS => return Err("its key frames are too far apart"),
        Some(group) => group,
    };
    // A segment ends with the group in which its 4 s are full, and a tail may be folded in.
    let longest = f64::from(crate::SEGMENT_SECONDS) + group + 1.0;
    // Between 5 and 15.
    Ok(CopyPlan { longest_segment: longest.ceil() as u32 })
}
