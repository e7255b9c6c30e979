//! What a video's file was, as the API tells it.

use std::collections::BTreeMap;

use serde::Serialize;
use telecine_video::package::{Source, SourceAudio, SourceVideo};
use utoipa::ToSchema;

/// The file that was uploaded, as it was found; what is not known is null.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceBody {
    /// The container, such as `mov,mp4,m4a,3gp,3g2,mj2`: ffmpeg names a family by all its names.
    container: String,
    duration_s: Option<f64>,
    /// Bits per second of the whole file.
    bitrate: Option<u64>,
    video: Option<SourceVideoBody>,
    audio: Option<SourceAudioBody>,
    /// `title`, `artist`, `album`, `composer`, `genre`, `date`, `creation_time`, `description`, `copyright`, `publisher`, as far as
    /// the file has them.
    tags: BTreeMap<String, String>,
}

/// Its pictures, with the names that ffmpeg has for things.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceVideoBody {
    codec: String,
    profile: Option<String>,
    /// Stored pixels, before rotation.
    width: u32,
    height: u32,
    /// 0, 90, 180 or 270.
    rotation: u32,
    /// Frames per second on average.
    frame_rate: Option<f64>,
    bitrate: Option<u64>,
    pixel_format: Option<String>,
    color_primaries: Option<String>,
    color_transfer: Option<String>,
    color_space: Option<String>,
    /// Whether it is PQ or HLG.
    hdr: bool,
    interlaced: bool,
}

/// Its sound.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceAudioBody {
    codec: String,
    channels: Option<u32>,
    /// Such as `5.1`.
    layout: Option<String>,
    sample_rate: Option<u32>,
    bitrate: Option<u64>,
    language: Option<String>,
}

impl From<Source> for SourceBody {
    fn from(source: Source) -> Self {
        let Source { container, duration, bitrate, video, audio, tags } = source;
        let (video, audio) = (video.map(SourceVideoBody::from), audio.map(SourceAudioBody::from));
        Self { container, duration_s: duration, bitrate, video, audio, tags }
    }
}

impl From<SourceVideo> for SourceVideoBody {
    fn from(video: SourceVideo) -> Self {
        Self {
            codec: video.codec,
            profile: video.profile,
            width: video.width,
            height: video.height,
            rotation: video.rotation,
            frame_rate: video.frame_rate.map(telecine_video::probe::Rate::as_f64),
            bitrate: video.bitrate,
            pixel_format: video.pixel_format,
            color_primaries: video.color_primaries,
            color_transfer: video.color_transfer,
            color_space: video.color_space,
            hdr: video.hdr,
            interlaced: video.interlaced,
        }
    }
}

impl From<SourceAudio> for SourceAudioBody {
    fn from(audio: SourceAudio) -> Self {
        let SourceAudio { codec, channels, layout, sample_rate, bitrate, language } = audio;
        Self { codec, channels, layout, sample_rate, bitrate, language }
    }
}
