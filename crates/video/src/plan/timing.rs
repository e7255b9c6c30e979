//! One constant frame rate for all rungs, and how long the outputs should be.

use crate::probe::{Probe, Rate, VideoStream};

/// Frames per second at most.
const MAX_RATE: f64 = 60.5;

/// Rates above this are clocks, not cameras: WebM from browsers claims 1000.
const MAX_CAMERA_RATE: f64 = 300.0;

/// Frames per second at least, so that a cut can be made every 4 s.
const MIN_RATE: f64 = 1.0;

/// Rates that differ by less than this share are the same.
const SAME_RATE: f64 = 0.01;

/// The constant rate for a stream: its own, halved until it fits; 30 or 60 when it has none.
pub(super) fn rate(stream: &VideoStream) -> Rate {
    if let Some(own) = constant_rate(stream) {
        let mut rate = own;
        while rate.as_f64() > MAX_RATE {
            rate = rate.halved();
        }
        return rate;
    }
    let mean = stream.average_rate.map_or(0.0, Rate::as_f64);
    if mean > 30.0 && mean <= MAX_CAMERA_RATE { Rate::whole(60) } else { Rate::whole(30) }
}

/// Frames per second on average, where that makes sense.
pub(super) fn average(stream: &VideoStream) -> Option<f64> {
    stream.average_rate.map(Rate::as_f64).filter(|rate| (MIN_RATE..=MAX_CAMERA_RATE).contains(rate))
}

pub(super) fn is_variable(stream: &VideoStream) -> bool {
    constant_rate(stream).is_none()
}

fn constant_rate(stream: &VideoStream) -> Option<Rate> {
    let (real, average) = (stream.real_rate?, stream.average_rate?);
    let is_same = (real.as_f64() / average.as_f64() - 1.0).abs() < SAME_RATE;
    (is_same && (MIN_RATE..=MAX_CAMERA_RATE).contains(&real.as_f64())).then_some(real)
}

/// Seconds of output for a stream: it starts with the file, so a late start becomes a held picture or silence.
/// A stream that does not say how long it is lasts at most as long as the file, which proves nothing about it.
pub(super) fn output_duration(probe: &Probe, start: Option<f64>, duration: Option<f64>) -> Option<f64> {
    let delay = start.map_or(0.0, |start| (start - probe.start).max(0.0));
    let only_one = probe.video.is_none() != probe.audio.is_none();
    match duration {
        Some(duration) => Some(duration + delay),
        None if only_one => probe.duration,
        None => None,
    }
}
