//! What to make of a file: a pure function from the probe to everything the encoder is told.

mod ladder;
mod picture;
mod timing;

use crate::config::{Preset, VideoConfig};
use crate::probe::{AudioStream, Probe, Rate, VideoStream};

pub use ladder::{Rung, Size};

use ladder::{fit_width, ladder, long_side_at_most};

/// Width of a thumbnail in pixels.
const THUMBNAIL_WIDTH: u32 = 320;

/// Long side of the poster in pixels.
const POSTER_LONG_SIDE: u32 = 1280;

/// The poster shows this second, or a third of a shorter video: openings are often black.
const POSTER_SECOND: f64 = 10.0;

/// Everything one run of the encoder makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Pictures, unless the file is sound only.
    pub video: Option<VideoPlan>,
    /// Sound, unless the file is silent.
    pub audio: Option<AudioPlan>,
    /// Seconds of the whole file, where it says so: of its longest track, which may be one that is not used.
    pub file_duration: Option<f64>,
    /// Preset of every rung.
    pub preset: Preset,
    /// Constant rate factor of every rung.
    pub crf: u8,
}

/// The pictures to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoPlan {
    /// Index of the stream in the file.
    pub stream: u32,
    /// Size a player should show the source at.
    pub display: Size,
    /// The constant rate of every rung, in frames per second.
    pub rate: Rate,
    /// Whether the source has no constant rate of its own.
    pub is_variable_rate: bool,
    /// Filters before the first scaling, each followed by a comma: fields to frames, HDR to SDR.
    pub filters: String,
    /// The rungs, largest first; at least one.
    pub rungs: Vec<Rung>,
    /// Size of a thumbnail.
    pub thumbnail: Size,
    /// Size of the poster.
    pub poster: Size,
    /// The frame shown by the poster, counted at [`rate`](Self::rate).
    pub poster_frame: u64,
    /// Seconds the rungs should have, where the file says so.
    pub duration: Option<f64>,
    /// Seconds for which the last picture is held, because the sound goes on.
    pub hold_seconds: Option<f64>,
}

/// The sound to be made: AAC, stereo, 48 kHz.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioPlan {
    /// Index of the stream in the file.
    pub stream: u32,
    /// Language tag.
    pub language: Option<String>,
    /// kbit/s.
    pub bitrate_kbps: u32,
    /// Seconds the track should have, where the file says so.
    pub duration: Option<f64>,
    /// Seconds up to which silence follows, because the picture goes on.
    pub pad_to: Option<f64>,
}

/// Picture and sound may differ by two segments: players load three ahead.
const MAX_UNEVEN_SECONDS: f64 = 2.0 * crate::SEGMENT_SECONDS as f64;

/// Plans the outputs.
#[must_use]
pub fn plan(probe: &Probe, config: &VideoConfig) -> Plan {
    let video = probe.video.as_ref().map(|stream| plan_video(probe, stream));
    let audio = probe.audio.as_ref().map(|stream| plan_audio(probe, stream, config));
    let (video, audio) = evened(video, audio);
    Plan { video, audio, file_duration: probe.duration, preset: config.preset, crf: config.crf }
}

/// Lets the shorter of picture and sound go on, as a held picture or as silence. A player loads each a little ahead of
/// what it plays, so it would wait for ever for the one that has ended.
fn evened(
    mut video: Option<VideoPlan>,
    mut audio: Option<AudioPlan>,
) -> (Option<VideoPlan>, Option<AudioPlan>) {
    if let (Some(video), Some(audio)) = (&mut video, &mut audio)
        && let (Some(picture), Some(sound)) = (video.duration, audio.duration)
    {
        if picture - sound > MAX_UNEVEN_SECONDS {
            audio.pad_to = Some(picture);
            audio.duration = Some(picture);
        } else if sound - picture > MAX_UNEVEN_SECONDS {
            video.hold_seconds = Some(sound - picture);
            video.duration = Some(sound);
        }
    }
    (video, audio)
}

fn plan_video(probe: &Probe, stream: &VideoStream) -> VideoPlan {
    let display = ladder::display_size(stream);
    let rungs = ladder(display);
    let top = rungs[0].size;
    let rate = timing::rate(stream);
    let duration = timing::output_duration(probe, stream.start, stream.duration);
    VideoPlan {
        stream: stream.index,
        display,
        rate,
        is_variable_rate: timing::is_variable(stream),
        filters: picture::filters(stream),
        thumbnail: fit_width(rungs[rungs.len() - 1].size, THUMBNAIL_WIDTH),
        poster: long_side_at_most(top, POSTER_LONG_SIDE),
        poster_frame: poster_frame(duration.or(probe.duration), rate),
        rungs,
        duration,
        hold_seconds: None,
    }
}

// At most 10 s at 60 frames, never negative.
fn poster_frame(duration: Option<f64>, rate: Rate) -> u64 {
    let second = duration.map_or(0.0, |duration| (duration / 3.0).clamp(0.0, POSTER_SECOND));
    (second * rate.as_f64()).floor() as u64
}

fn plan_audio(probe: &Probe, stream: &AudioStream, config: &VideoConfig) -> AudioPlan {
    AudioPlan {
        stream: stream.index,
        language: stream.language.clone(),
        bitrate_kbps: config.audio_bitrate_kbps,
        pad_to: None,
        duration: timing::output_duration(probe, stream.start, stream.duration),
    }
}

#[cfg(test)]
mod tests;
