//! Sound and picture at the same time, measured by counting frames and samples, not by a demuxer's clock.

use telecine_process::Command;
use tokio_util::sync::CancellationToken;

use crate::support::{media, process, tool_on};

/// Brightness of a frame, 0 to 255, above which it is the flash.
const FLASH: u8 = 128;

/// Amplitude of 16-bit sound above which it is the beep.
const BEEP: u16 = 1000;

/// Seconds by which sound and picture may move against each other.
const MAX_OFFSET_SECONDS: f64 = 0.010;

#[tokio::test]
async fn flash_and_beep_stay_less_than_10_ms_apart_from_where_the_source_has_them() {
    let input = media("avsync_flash_beep_12s.mp4").expect("it is in the repository");
    let source = std::fs::read(&input).expect("readable");
    let made = process(&input).await.expect("ready");
    let (flashes, flashes_before) = (flashes(&made.stream("v360")).await, flashes(&source).await);
    let (beeps, beeps_before) = (beeps(&made.stream("audio")).await, beeps(&source).await);
    assert_eq!((flashes.len(), beeps.len(), flashes_before.len(), beeps_before.len()), (12, 12, 12, 12));
    // The first beep starts with the file; its first 21 ms are what the encoder's delay costs.
    for index in 1..12 {
        let offset = (beeps[index] - flashes[index]) - (beeps_before[index] - flashes_before[index]);
        assert!(offset.abs() < MAX_OFFSET_SECONDS, "flash at {} s, beep {offset} s off", flashes[index]);
    }
    let segments: Vec<f64> =
        made.package.video[0].track.segments.iter().map(|segment| segment.duration).collect();
    assert_eq!(segments, [4.0, 4.0, 4.0]);
}

#[tokio::test]
async fn every_pass_starts_at_the_same_time_when_sound_and_picture_do_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = media("avsync_flash_beep_12s.mp4").expect("it is in the repository");
    std::fs::copy(&input, dir.path().join("film")).expect("readable");
    // Two rungs are made in two passes, and the second has no sound.
    let words = "-v error -itsoffset 0.3 -i file:film -i file:film -map 0:v -map 1:a -vf scale=854:480 \
                 -c:v libx264 -preset ultrafast -c:a copy late.ts";
    let command = Command::new("ffmpeg", dir.path()).args(words.split_whitespace());
    let outcome = command.spawn().await.expect("it starts").wait(&CancellationToken::new()).await;
    assert!(outcome.is_success(), "{}", outcome.stderr_tail);
    let made = process(&dir.path().join("late.ts")).await.expect("ready");
    let folders: Vec<&str> = made.package.video.iter().map(|rung| rung.track.folder()).collect();
    assert_eq!(folders, ["v480", "v360"]);
    let beeps = beeps(&made.stream("audio")).await;
    for folder in folders {
        let flashes = flashes_of(&made.stream(folder)).await;
        assert_eq!((flashes.len(), beeps.len()), (12, 12));
        for index in 1..12 {
            let late = flashes[index] - beeps[index];
            // A frame has 33 ms, and 0.3 s are nine of them.
            assert!((late - 0.3).abs() < 0.018, "{folder}: the flash comes {late} s after the beep");
        }
    }
}

/// Seconds at which the picture turns bright, at 30 frames per second from the first frame.
pub(crate) async fn flashes(stream: &[u8]) -> Vec<f64> {
    let found = flashes_of(stream).await;
    assert_eq!(found.len(), 12);
    found
}

async fn flashes_of(stream: &[u8]) -> Vec<f64> {
    let args = "-v error -i file:stream -vf scale=1:1,format=gray -fps_mode passthrough -f rawvideo -";
    let frames = tool_on(stream, "ffmpeg", args).await;
    starts(frames.iter().map(|brightness| *brightness > FLASH), 10, 30.0)
}

/// Seconds at which the sound sets in, at 48 000 samples per second from the first sample.
pub(crate) async fn beeps(stream: &[u8]) -> Vec<f64> {
    let sound = tool_on(stream, "ffmpeg", "-v error -i file:stream -map 0:a -ac 1 -f s16le -").await;
    let loud = sound.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs() > BEEP);
    starts(loud, 20_000, 48_000.0)
}

/// Seconds at which a signal becomes true after having been false for `gap` places.
fn starts(signal: impl Iterator<Item = bool>, gap: usize, places_per_second: f64) -> Vec<f64> {
    let (mut found, mut quiet) = (Vec::new(), gap);
    for (place, is_on) in signal.enumerate() {
        if is_on && quiet >= gap {
            found.push(place as f64 / places_per_second);
        }
        quiet = if is_on { 0 } else { quiet + 1 };
    }
    found
}
