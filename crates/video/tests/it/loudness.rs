//! Sound that is brought to a loudness, measured as broadcasters do.

use telecine_process::Command;
use telecine_video::{Loudness, LoudnessWish, VideoConfig, Wishes};
use tokio_util::sync::CancellationToken;

use crate::support::{Made, config, media, process_planned};
use crate::sync::{beeps, flashes};

/// LUFS that one pass over the sound may be beside the mark.
const TOLERANCE: f64 = 1.5;

async fn loudness(made: &Made) -> f64 {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("sound"), made.stream("audio")).expect("the disk has room");
    let words = "-nostats -i file:sound -af ebur128 -f null -";
    let command = Command::new("ffmpeg", dir.path()).args(words.split_whitespace());
    let outcome = command.spawn().await.expect("it starts").wait(&CancellationToken::new()).await;
    let summary = outcome.stderr_tail.rsplit("Integrated loudness:").next().expect("a summary");
    let words: Vec<&str> = summary.split_whitespace().collect();
    let place = words.iter().position(|word| *word == "I:").expect("the integrated loudness");
    words[place + 1].parse().expect("a number")
}

#[tokio::test]
async fn quiet_and_loud_recordings_are_brought_to_the_wanted_loudness_or_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let words = "-v error -f lavfi -i anoisesrc=d=30:c=pink:a=0.02:seed=7 -c:a aac quiet.m4a";
    let command = Command::new("ffmpeg", dir.path()).args(words.split_whitespace());
    let outcome = command.spawn().await.expect("it starts").wait(&CancellationToken::new()).await;
    assert!(outcome.is_success(), "{}", outcome.stderr_tail);
    let input = dir.path().join("quiet.m4a");
    let usual = VideoConfig { loudness: Some(Loudness::USUAL), ..config() };
    let off = Wishes { loudness: Some(LoudnessWish::Off), ..Wishes::default() };
    let other = Wishes { loudness: Loudness::new(-23).ok().map(LoudnessWish::At), ..Wishes::default() };
    let plain = process_planned(&input, &config(), &Wishes::default()).await;
    let before = loudness(&plain).await;
    assert!(before < -35.0, "it is quiet: {before}");
    for (wishes, expected) in [(Wishes::default(), -16.0), (other, -23.0), (off, before)] {
        let made = process_planned(&input, &usual, &wishes).await;
        let found = loudness(&made).await;
        assert!((found - expected).abs() < TOLERANCE, "{found} LUFS instead of {expected}");
        let seconds = made.package.audio[0].track.duration();
        assert!((seconds - plain.package.audio[0].track.duration()).abs() < 0.03, "{seconds} s");
    }
}

#[tokio::test]
async fn sound_stays_with_its_pictures() {
    let input = media("avsync_flash_beep_12s.mp4").expect("it is in the repository");
    let loud = VideoConfig { loudness: Some(Loudness::USUAL), ..config() };
    let (made, plain) = (
        process_planned(&input, &loud, &Wishes::default()).await,
        process_planned(&input, &config(), &Wishes::default()).await,
    );
    let flashes = flashes(&made.stream("v360")).await;
    let (beeps, before) = (beeps(&made.stream("audio")).await, beeps(&plain.stream("audio")).await);
    assert_eq!((flashes.len(), beeps.len(), before.len()), (12, 12, 12));
    for index in 1..12 {
        let moved = beeps[index] - before[index];
        assert!(
            moved.abs() < 0.010,
            "the beep after the flash at {} s has moved by {moved} s",
            flashes[index]
        );
    }
}
