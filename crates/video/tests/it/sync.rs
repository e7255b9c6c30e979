//! Sound and picture at the same time, measured by counting frames and samples, not by a demuxer's clock.

use crate::support::{media, process, tool_on};

/// Brightness of a frame, 0 to 255, above which it is the flash.
const FLASH: u8 = 128;

/// Amplitude of 16-bit sound above which it is the beep.
const BEEP: u16 = 3000;

#[tokio::test]
async fn flash_and_beep_are_less_than_10_ms_apart() {
    let made = process(&media("avsync_flash_beep_12s.mp4").expect("it is in the repository"))
        .await
        .expect("ready");
    let rung = &made.package.video[0];
    let grey = [
        "-v",
        "error",
        "-i",
        "file:stream",
        "-vf",
        "scale=1:1,format=gray",
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-",
    ];
    let frames = tool_on(&made.stream("v360"), "ffmpeg", &grey).await;
    assert_eq!(frames.len(), 360);
    let flashes = starts(frames.iter().map(|brightness| *brightness > FLASH), 10);
    let flashes: Vec<f64> = flashes
        .iter()
        .map(|frame| *frame as f64 / rung.frame_rate.as_f64())
        .collect();
    let pcm = ["-v", "error", "-i", "file:stream", "-ac", "1", "-f", "s16le", "-"];
    let sound = tool_on(&made.stream("audio"), "ffmpeg", &pcm).await;
    let loud = sound
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs() > BEEP);
    let beeps: Vec<f64> = starts(loud, 20_000)
        .iter()
        .map(|sample| *sample as f64 / 48_000.0)
        .collect();
    assert!(
        flashes.len() >= 11 && flashes.len() == beeps.len(),
        "{flashes:?} {beeps:?}"
    );
    for (flash, beep) in flashes.iter().zip(&beeps) {
        assert!(
            (flash - beep).abs() < 0.010,
            "flash at {flash} s, beep at {beep} s"
        );
    }
    let segments: Vec<f64> = rung
        .track
        .segments
        .iter()
        .map(|segment| segment.duration)
        .collect();
    assert_eq!(segments, [4.0, 4.0, 4.0]);
}

/// Places where it becomes true after having been false for `gap` places.
fn starts(signal: impl Iterator<Item = bool>, gap: usize) -> Vec<usize> {
    let (mut found, mut quiet) = (Vec::new(), gap);
    for (place, is_on) in signal.enumerate() {
        if is_on && quiet >= gap {
            found.push(place);
        }
        quiet = if is_on { 0 } else { quiet + 1 };
    }
    found
}
