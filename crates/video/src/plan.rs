//! What to make of a file: a pure function from the probe to everything the encoder is told.

mod chunks;
mod copy;
mod ladder;
mod passes;
mod picture;
mod stills;
mod subtitles;
mod timing;
mod watermark;
mod wishes;

use crate::config::{Loudness, Preset, VideoConfig};
use crate::package::Source;
use crate::probe::{AudioStream, Probe, Rate, VideoStream};

pub use chunks::Chunk;
pub(crate) use chunks::frames_before;
pub use copy::CopyPlan;
pub use ladder::{Rung, Size};
pub use passes::{Pass, Pictures, Seek, Until};
pub use stills::{Preview, Stills};
pub use subtitles::SubtitlePlan;
pub use watermark::Watermark;
pub use wishes::{LoudnessWish, Wishes};

use ladder::ladder;

/// Everything one run of the encoder makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Pictures, unless the file is sound only.
    pub video: Option<VideoPlan>,
    /// Sound, unless the file is silent.
    pub audio: Option<AudioPlan>,
    /// Words, a file each.
    pub subtitles: Vec<SubtitlePlan>,
    /// Seconds of the whole file, where it says so: of its longest track, which may be one that is not used.
    pub file_duration: Option<f64>,
    /// Preset of every rung.
    pub preset: Preset,
    /// Constant rate factor of every rung.
    pub crf: u8,
    /// What the file is.
    pub source: Source,
    /// Places in the ladder of the rungs that get an MP4 to download, the one that is offered first in front.
    pub downloads: Vec<usize>,
    /// Whether pictures are to be taken.
    pub has_stills: bool,
    /// What is drawn over the pictures.
    pub watermark: Option<Watermark>,
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
    /// The pictures that are taken from it.
    pub stills: Stills,
    /// Seconds the rungs should have, where the file says so.
    pub duration: Option<f64>,
    /// Whether the file's index tells where its key frames are, so that a decoder can be sent to a time and arrives there.
    pub is_indexed: bool,
    /// How the pictures are copied before any is encoded, where they can be.
    pub copy: Option<CopyPlan>,
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
    /// How loud it is made.
    pub loudness: Option<Loudness>,
}

/// Picture and sound may differ by two segments: players load three ahead.
const MAX_UNEVEN_SECONDS: f64 = 2.0 * crate::SEGMENT_SECONDS as f64;

/// Plans the outputs that are wanted. `longest_group` is the seconds between two key frames at most, where the file's index tells.
#[must_use]
pub fn plan(probe: &Probe, config: &VideoConfig, wishes: &Wishes, longest_group: Option<f64>) -> Plan {
    let video = probe.video.as_ref().map(|stream| plan_video(probe, stream, config, wishes, longest_group));
    let audio = probe.audio.as_ref().map(|stream| plan_audio(probe, stream, config, wishes));
    let is_marked = wishes.watermark.unwrap_or(config.watermark.enabled);
    let watermark = Watermark::of(&config.watermark).filter(|_| is_marked && video.is_some());
    // What is copied cannot be drawn on.
    let video = video.map(|video| VideoPlan { copy: video.copy.filter(|_| watermark.is_none()), ..video });
    let (video, audio) = evened(video, audio);
    let downloads = video.as_ref().map_or(Vec::new(), |video| wishes.downloads(&video.rungs));
    Plan {
        video,
        audio,
        subtitles: probe.subtitles.iter().map(SubtitlePlan::of).collect(),
        file_duration: probe.duration,
        preset: config.preset(),
        crf: config.crf(),
        source: probe.source.clone(),
        downloads,
        has_stills: wishes.stills,
        watermark,
    }
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

fn plan_video(
    probe: &Probe,
    stream: &VideoStream,
    config: &VideoConfig,
    wishes: &Wishes,
    longest_group: Option<f64>,
) -> VideoPlan {
    let display = ladder::display_size(stream);
    let mut rungs = wishes.choose(ladder(display));
    for rung in &mut rungs {
        let allowed = config.max_bitrate.map_or(u32::MAX, |bitrate| bitrate.0);
        rung.max_bitrate_kbps = rung.max_bitrate_kbps.min(allowed);
    }
    let rate = timing::rate(stream);
    let duration = timing::output_duration(probe, stream.start, stream.duration);
    let copy = copy::copy(stream, probe.start, &rungs, display, longest_group);
    if let Err(reason) = copy {
        tracing::debug!(reason, "the pictures are not copied");
    }
    VideoPlan {
        stream: stream.index,
        display,
        rate,
        is_variable_rate: timing::is_variable(stream),
        filters: picture::filters(stream),
        stills: stills::stills(&rungs, duration.or(probe.duration), rate),
        rungs,
        duration,
        copy: copy.ok(),
        is_indexed: longest_group.is_some(),
        hold_seconds: None,
    }
}

fn plan_audio(probe: &Probe, stream: &AudioStream, config: &VideoConfig, wishes: &Wishes) -> AudioPlan {
    let loudness = match wishes.loudness {
        Some(LoudnessWish::Off) => None,
        Some(LoudnessWish::At(wanted)) => Some(wanted),
        None => config.loudness,
    };
    AudioPlan {
        stream: stream.index,
        language: stream.language.clone(),
        bitrate_kbps: config.audio_bitrate.0,
        pad_to: None,
        loudness,
        duration: timing::output_duration(probe, stream.start, stream.duration),
    }
}

#[cfg(test)]
mod tests;
