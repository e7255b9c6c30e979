//! From what was recorded to the package.

use super::encode::Encoded;
use super::pictures::Pictures;
use super::rendition::Recorded;
use crate::SEGMENT_SECONDS;
use crate::package::{
    AudioRendition, InitSegment, Package, StoredObject, Track, VERSION, VideoRendition, Warning,
};
use crate::plan::{AudioPlan, Plan, Rung, VideoPlan};

/// What the encoder is told to make of every sound track.
const CHANNELS: u32 = 2;
const SAMPLE_RATE: u32 = 48_000;

pub(super) fn package(
    plan: &Plan,
    encoded: Encoded,
    pictures: Option<Pictures>,
    mp4: Option<StoredObject>,
    warnings: Vec<Warning>,
) -> Package {
    let duration = encoded.video.iter().chain(&encoded.audio).map(Recorded::duration).fold(0.0, f64::max);
    let (thumbnails, poster) = pictures.map(|pictures| (pictures.thumbnails, pictures.poster)).unzip();
    let rungs = plan.video.iter().flat_map(|video| video.rungs.iter().map(move |rung| (video, rung)));
    Package {
        version: VERSION,
        duration,
        segment_duration: SEGMENT_SECONDS,
        video: rungs
            .zip(encoded.video)
            .map(|((video, rung), recorded)| rendition(video, rung, recorded))
            .collect(),
        audio: plan.audio.iter().zip(encoded.audio).map(|(audio, recorded)| sound(audio, recorded)).collect(),
        thumbnails,
        poster,
        mp4,
        warnings,
    }
}

fn rendition(video: &VideoPlan, rung: &Rung, recorded: Recorded) -> VideoRendition {
    VideoRendition {
        track: track(format!("{}p", rung.short_side), "video/mp4", recorded),
        width: rung.size.width,
        height: rung.size.height,
        frame_rate: video.rate,
    }
}

fn sound(audio: &AudioPlan, recorded: Recorded) -> AudioRendition {
    AudioRendition {
        track: track("audio".to_owned(), "audio/mp4", recorded),
        language: audio.language.clone(),
        channels: CHANNELS,
        sample_rate: SAMPLE_RATE,
    }
}

fn track(id: String, mime: &str, recorded: Recorded) -> Track {
    let track = Track {
        id,
        mime: mime.to_owned(),
        codecs: recorded.track.codecs,
        bandwidth: 0,
        average_bandwidth: 0,
        timescale: recorded.track.timescale,
        samples: recorded.samples,
        init: InitSegment(recorded.init),
        segments: recorded.segments,
    };
    track.with_bandwidth()
}
