//! Words that come with the file.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use telecine_video::Tools;
use telecine_video::package::{SubtitleKind, SubtitleRendition};
use tokio_util::sync::CancellationToken;

use crate::support::{Made, MemorySink, config, media, process, process_with};

const SUBRIP: &str = "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> & welcome\n\n2\n00:00:11,000 --> 00:01:00,000\nThe end\n\n\
                      3\n00:00:13,000 --> 00:00:14,000\nNobody sees this\n";
const ASS: &str = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n\
                   [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
                   Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\b1}Ausgang{\\b0}\\N{\\fad(100,100)}links\n";
const WEBVTT: &str = "WEBVTT\n\n00:05.000 --> 00:06.000\n<v Mary>Is this on?\n";

/// Twelve seconds of pictures with these files as streams of words, and with these further arguments.
fn clip(dir: &Path, files: &[(&str, &str)], more: &str) -> PathBuf {
    let film = media("avsync_flash_beep_12s.mp4").expect("it is in the repository");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(film);
    for (name, text) in files {
        let file = dir.join(name);
        std::fs::write(&file, text).expect("the disk has room");
        command.arg("-i").arg(file);
    }
    command.args(["-map", "0:v"]);
    for input in 1..=files.len() {
        command.args(["-map", &input.to_string()]);
    }
    let made = dir.join("clip.mkv");
    let status = command.args(["-c", "copy"]).args(more.split_whitespace()).arg(&made).status();
    assert!(status.expect("ffmpeg runs").success());
    made
}

/// The stored words, which are as large as the package says.
fn words(made: &Made, rendition: &SubtitleRendition) -> String {
    let bytes = &made.objects[&rendition.object.url];
    assert_eq!(bytes.len() as u64, rendition.object.bytes);
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn words_that_go_on_after_the_pictures_are_cut_where_these_end() {
    let Some(input) = media("two_video_two_audio_subs_2997.mp4") else { return };
    let made = process(&input).await.expect("ready");
    let [english] = &made.package.subtitles[..] else { panic!("{:?}", made.package.subtitles) };
    assert_eq!(
        (english.language.as_str(), english.name.as_str(), english.is_default),
        ("en", "English", true)
    );
    let end = made.package.duration;
    assert!((5.0..5.02).contains(&end), "{end} s");
    let expected = format!(
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nfirst line\n\n\
         00:00:05.000 --> 00:00:{end:06.3}\nsecond line, after the picture has ended\n"
    );
    assert_eq!(words(&made, english), expected);
}

#[tokio::test]
async fn every_kind_of_text_becomes_webvtt_on_the_clock_of_the_pictures() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = [("a.srt", SUBRIP), ("b.ass", ASS), ("c.vtt", WEBVTT)];
    let more = "-metadata:s:s:0 language=eng -metadata:s:s:1 language=ger -metadata:s:s:1 title=Schilder \
                -disposition:s:0 default -disposition:s:1 forced -disposition:s:2 hearing_impaired -output_ts_offset 0.4";
    let made = process(&clip(dir.path(), &files, more)).await.expect("ready");
    let [english, german, unknown] = &made.package.subtitles[..] else {
        panic!("{:?}", made.package.subtitles)
    };
    assert_eq!(
        (english.language.as_str(), english.name.as_str(), english.is_default),
        ("en", "English", true)
    );
    assert_eq!((german.language.as_str(), german.name.as_str(), german.is_forced), ("de", "Schilder", true));
    assert_eq!((unknown.language.as_str(), unknown.name.as_str()), ("und", "Unknown"));
    assert_eq!([german.kind, unknown.kind], [SubtitleKind::Subtitles, SubtitleKind::Captions]);
    assert!((made.package.duration - 12.0).abs() < 0.03, "{} s", made.package.duration);
    let end = made.package.duration;
    let expected = format!(
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>Hello</i> &amp; welcome\n\n00:00:11.000 --> 00:00:{end:06.3}\nThe end\n"
    );
    assert_eq!(words(&made, english), expected);
    assert_eq!(words(&made, german), "WEBVTT\n\n00:00:03.000 --> 00:00:04.000\n<b>Ausgang</b>\nlinks\n");
    assert!(words(&made, unknown).contains("00:00:05.000 --> 00:00:06.000\n"), "{}", words(&made, unknown));
}

#[tokio::test]
async fn more_words_than_a_file_may_hold_are_cut_off_and_the_video_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let line = "so many words ".repeat(100);
    let cue = |index: u32| {
        format!("{index}\n00:00:0{},{:03} --> 00:00:10,000\n{line}\n\n", index / 1000, index % 1000)
    };
    let flood: String = (1..3000).map(cue).collect();
    assert!(flood.len() > 4_000_000);
    let made = process(&clip(dir.path(), &[("a.srt", &flood)], "")).await.expect("ready");
    let [flooded] = &made.package.subtitles[..] else { panic!("{:?}", made.package.subtitles) };
    assert!((1_000_000..2_200_000).contains(&flooded.object.bytes), "{} bytes", flooded.object.bytes);
    assert!(words(&made, flooded).starts_with("WEBVTT\n\n00:00:00.001 --> 00:00:10.000\nso many words"));
}

#[tokio::test]
async fn words_that_ffmpeg_stumbles_over_are_given_up_and_not_the_video() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = clip(dir.path(), &[("a.srt", SUBRIP)], "");
    let script = dir.path().join("tool");
    let stumbling = "#!/bin/sh\ncase \"$*\" in *webvtt*) echo '[error] no words' >&2; exit 1;; esac\nexec ffmpeg \"$@\"\n";
    std::fs::write(&script, stumbling).expect("the disk has room");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("it is ours");
    let tools = Tools { ffmpeg: script, ..Tools::from(&config()) };
    let (sink, cancel) = (MemorySink::default(), CancellationToken::new());
    let package = process_with(&tools, &input, &sink, &|_| {}, &cancel).await.expect("ready");
    assert_eq!((package.subtitles.len(), package.video.len()), (0, 1));
}
