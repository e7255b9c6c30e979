//! Asking ffprobe what a file holds: with an allow-list of formats, no network, and only the fields we use.

mod json;
mod rate;

use std::path::Path;

use telecine_process::{Limits, Outcome};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::captions::Language;
use crate::command::FORMAT_WHITELIST;
use crate::config::{Tools, VideoConfig};
use crate::error::{VideoError, last_words};
use crate::package::Source;
use crate::transcode::Scratch;

pub use json::parse;
pub use rate::Rate;

/// Streams of a file at most; a phone makes five, a film with all its languages fifty.
const MAX_STREAMS: u32 = 100;

/// Bytes of ffprobe's answer at most.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Exactly the fields that [`json`] reads: tags may hold megabytes of somebody else's text.
const ENTRIES: &str = "format=format_name,nb_streams,duration,start_time,bit_rate\
    :format_tags=title,artist,album,composer,genre,date,creation_time,description,copyright,publisher\
    :stream=index,codec_type,codec_name,profile,level,bit_rate,width,height,sample_aspect_ratio,pix_fmt,field_order,color_transfer,\
color_primaries,color_space,r_frame_rate,avg_frame_rate,start_time,duration,channels,channel_layout,sample_rate\
    :stream_tags=language,title,DURATION\
    :stream_disposition=attached_pic,timed_thumbnails,default,forced,hearing_impaired,captions:stream_side_data=rotation";

/// What a file holds, as far as it matters here: its first picture stream, its first sound stream, its words, and its size.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Names of the demuxer, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    /// Seconds; the longest track decides, which may be a subtitle.
    pub duration: Option<f64>,
    /// Seconds on the file's own clock at which it starts.
    pub start: f64,
    /// Number of streams of any kind.
    pub stream_count: u32,
    /// The first video stream that is not a cover picture.
    pub video: Option<VideoStream>,
    /// The first audio stream.
    pub audio: Option<AudioStream>,
    /// The subtitle streams that hold text, as many as are taken.
    pub subtitles: Vec<SubtitleStream>,
    /// What people may want to know of it.
    pub source: Source,
}

/// A picture stream.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoStream {
    /// Index in the file.
    pub index: u32,
    /// Codec as ffmpeg names it.
    pub codec: String,
    /// Profile as ffmpeg names it, such as `High`.
    pub profile: Option<String>,
    /// Level as the codec counts it; 41 is 4.1 for H.264.
    pub level: i32,
    /// Pixel format as ffmpeg names it, such as `yuv420p`.
    pub pixel_format: Option<String>,
    /// Bits per second, where the file says so or its size tells.
    pub bitrate: Option<f64>,
    /// Stored width in pixels.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
    /// Width of a pixel over its height.
    pub sample_aspect_ratio: Rate,
    /// Degrees from the display matrix: 0, 90, 180 or 270; anything else counts as 0.
    pub rotation: u32,
    /// Whether frames hold two fields.
    pub is_interlaced: bool,
    /// Transfer function as ffmpeg names it, such as `smpte2084`.
    pub color_transfer: Option<String>,
    /// The lowest rate that can show all timestamps.
    pub real_rate: Option<Rate>,
    /// Frames over duration.
    pub average_rate: Option<Rate>,
    /// Seconds at which the stream starts on the file's own clock.
    pub start: Option<f64>,
    /// Seconds of this stream.
    pub duration: Option<f64>,
}

/// A sound stream.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioStream {
    /// Index in the file.
    pub index: u32,
    /// Codec as ffmpeg names it.
    pub codec: String,
    /// Language tag as the file has it.
    pub language: Option<String>,
    /// Seconds at which the stream starts on the file's own clock.
    pub start: Option<f64>,
    /// Seconds of this stream.
    pub duration: Option<f64>,
}

/// A stream of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtitleStream {
    /// Index in the file.
    pub index: u32,
    /// Language; `und` where the file does not say, or says what is none.
    pub language: Language,
    /// What its maker calls it.
    pub title: Option<String>,
    /// Whether players are to show it by themselves.
    pub is_default: bool,
    /// Whether it holds only what everybody needs.
    pub is_forced: bool,
    /// Whether it tells what is heard, too.
    pub is_captions: bool,
}

/// Runs ffprobe on a local file and checks the answer against the limits.
///
/// # Errors
/// Every way in which a file can be no media, cut off, too large, or ffprobe unusable.
pub async fn probe(
    tools: &Tools,
    config: &VideoConfig,
    input: &Path,
    scratch_dir: &Path,
    cancel: &CancellationToken,
) -> Result<Probe, VideoError> {
    let scratch = Scratch::with_input(scratch_dir, input)?;
    let command =
        scratch.command(&tools.ffprobe).args(args()).limits(limits(tools)).stdout_cap_bytes(MAX_ANSWER_BYTES);
    let running = command.spawn().await.map_err(|error| VideoError::not_started("ffprobe", &error))?;
    let outcome = running.wait(cancel).await;
    if let Some(error) = VideoError::from_outcome("ffprobe", &outcome) {
        return Err(refusal(error, &outcome));
    }
    let probe = parse(&outcome.stdout)?;
    check_limits(&probe, config)?;
    Ok(probe)
}

/// Limits of a look at a file, which writes nothing.
pub(crate) fn limits(tools: &Tools) -> Limits {
    Limits {
        wall: Some(tools.probe_timeout),
        cpu_seconds: Some(tools.probe_timeout.as_secs().max(1)),
        address_space_bytes: Some(tools.max_memory_bytes),
        file_size_bytes: Some(0),
        ..Limits::default()
    }
}

fn args() -> Vec<&'static str> {
    // No -max_pixels here: with it an oversized picture reads as 0x0 and could not be called too large.
    vec![
        "-v",
        "error",
        "-format_whitelist",
        FORMAT_WHITELIST,
        "-protocol_whitelist",
        "file",
        "-of",
        "json",
        "-show_entries",
        ENTRIES,
        "file:input",
    ]
}

/// ffprobe gives every refusal the same exit code; its messages tell a cut file from a foreign one.
fn refusal(error: VideoError, outcome: &Outcome) -> VideoError {
    let VideoError::Corrupt { .. } = error else {
        return error;
    };
    let detail = last_words(outcome);
    if detail.contains("not on whitelist") {
        warn!(ffprobe.message = %detail, "refused a file whose format could make ffmpeg open other files or addresses");
    }
    if detail.contains("moov atom not found") {
        VideoError::Truncated { detail }
    } else {
        VideoError::NotMedia { detail }
    }
}

fn check_limits(probe: &Probe, config: &VideoConfig) -> Result<(), VideoError> {
    if probe.stream_count > MAX_STREAMS {
        let detail = format!("{} streams, at most {MAX_STREAMS} are accepted", probe.stream_count);
        return Err(VideoError::TooManyStreams { detail });
    }
    if let Some(video) = &probe.video {
        let pixels = u64::from(video.width) * u64::from(video.height);
        if pixels > config.max_pixels {
            let detail = format!("{pixels} pixels, at most {} are accepted", config.max_pixels);
            return Err(VideoError::TooLarge { detail });
        }
    }
    let max = f64::from(config.max_duration_seconds);
    match probe.longest_seconds() {
        seconds if seconds > max => {
            Err(VideoError::TooLong { detail: format!("{seconds} s, at most {max} s are accepted") })
        }
        _ => Ok(()),
    }
}

impl Probe {
    /// The most seconds that the file or a stream of it claims to last. A file may leave out its own duration, and a
    /// stream may start hours after it.
    fn longest_seconds(&self) -> f64 {
        let picture = self.video.as_ref().map(|video| (video.start, video.duration));
        let sound = self.audio.as_ref().map(|audio| (audio.start, audio.duration));
        let ends = [picture, sound].into_iter().flatten().map(|(start, duration)| {
            start.map_or(0.0, |start| (start - self.start).max(0.0)) + duration.unwrap_or(0.0)
        });
        ends.chain(self.duration).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(fixture: &str, config: &VideoConfig) -> Option<&'static str> {
        let probe = parse(fixture.as_bytes()).expect("playable");
        check_limits(&probe, config).err().map(|error| error.code().as_str())
    }

    #[test]
    fn pixels_seconds_and_streams_have_limits() {
        let config = VideoConfig::default();
        let bomb = include_str!("../fixtures/gif_16000x16000_bomb.json");
        assert_eq!(code(bomb, &config), Some("video_too_large"));
        let clip = include_str!("../fixtures/bbb_480p24_30s_aac51.json");
        assert_eq!(code(clip, &config), None);
        let short = VideoConfig { max_duration_seconds: 29, ..VideoConfig::default() };
        assert_eq!(code(clip, &short), Some("video_too_long"));
        let live = include_str!("../fixtures/two_audio_langs.json")
            .replace("\"duration\":\"3.021", "\"was\":\"3.021");
        assert_eq!(code(&live, &config), None);
        let endless = live.replace("00:00:03.021", "4294967295:00:03.021");
        assert_eq!(code(&endless, &config), Some("video_too_long"));
        let late = live.replace("\"start_time\":\"0.021000\"", "\"start_time\":\"90000.021\"");
        assert_eq!(code(&late, &config), Some("video_too_long"));
        let many = clip.replace("\"nb_streams\":2", "\"nb_streams\":101");
        assert_eq!(code(&many, &config), Some("too_many_streams"));
    }
}
