//! Formats that no reference clip has, made by ffmpeg: what people send from cameras, editors and recorders.

use std::path::{Path, PathBuf};

use crate::checks::{check_download, check_objects, check_track};
use crate::support::{process, tool_on};

/// Two seconds of moving pictures in this form.
fn clip(folder: &Path, name: &str, rate: u32, encoder: &str) -> PathBuf {
    let made = folder.join(name);
    let words = format!("-nostdin -v error -y -f lavfi -i testsrc2=s=640x360:r={rate}:d=2 {encoder}");
    let done = std::process::Command::new("ffmpeg").args(words.split_whitespace()).arg(&made).status();
    assert!(done.expect("ffmpeg starts").success(), "{name}");
    made
}

#[tokio::test]
async fn av1_prores_hlg_and_many_frames_a_second_become_plain_video() {
    let folder = tempfile::tempdir().expect("a directory");
    let hlg = "-pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=error \
               -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc";
    for (name, rate, encoder, frames) in [
        ("av1.mp4", 24, "-pix_fmt yuv420p -c:v libaom-av1 -cpu-used 8 -usage realtime", 48),
        ("prores.mov", 24, "-c:v prores_ks -profile:v 3 -pix_fmt yuv422p10le", 48),
        ("hlg.mp4", 24, hlg, 48),
        ("fast.mp4", 120, "-pix_fmt yuv420p -c:v libx264 -preset ultrafast", 120),
    ] {
        let made = process(&clip(folder.path(), name, rate, encoder)).await.expect(name);
        assert!(!made.package.video.is_empty(), "{name}");
        for rung in &made.package.video {
            check_track(name, &made, &rung.track, "v:0").await;
            assert_eq!(rung.track.samples, frames, "{name} {}", rung.track.id);
            let args = "-v error -select_streams v:0 -show_entries stream=codec_name,pix_fmt,color_transfer -of csv=p=0 file:stream";
            let form = tool_on(&made.stream(rung.track.folder()), "ffprobe", args).await;
            let form = String::from_utf8(form).expect("text");
            assert!(form.starts_with("h264,yuv420p"), "{name}: {form}");
            assert!(!form.contains("arib-std-b67"), "{name}: {form}");
        }
        check_objects(name, &made);
        check_download(name, &made).await;
    }
}
