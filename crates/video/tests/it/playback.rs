//! What was made, played by a program that knows nothing of this crate: ffmpeg's own HLS and DASH readers.

use std::path::Path;

use telecine_process::Command;
use telecine_video::package::{Addressing, Package, render_all};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::{Made, media, process};

/// Writes objects and playlists into a folder, as storage would serve them.
fn published(made: &Made, addressing: &Addressing<'_>) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let texts = render_all(&made.package, addressing).into_iter().map(|file| (file.name, file.bytes));
    let objects = made.objects.iter().map(|(name, bytes)| (name.clone(), bytes.clone()));
    for (name, bytes) in objects.chain(texts) {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("the disk has room");
    }
    dir
}

/// Kind, width and packets of every stream ffprobe finds, sorted, each once.
async fn streams(dir: &Path, media: &Path, playlist: &str, entries: &str) -> Vec<String> {
    let args = ["-v", "error", "-count_packets", "-show_entries", entries, "-of", "csv=p=0", playlist];
    let running = Command::new("ffprobe", dir).reads(media).args(args).spawn().await.expect("ffprobe starts");
    let outcome = running.wait(&CancellationToken::new()).await;
    assert!(outcome.is_success() && outcome.stderr_tail.is_empty(), "{playlist}: {}", outcome.stderr_tail);
    let text = String::from_utf8(outcome.stdout).expect("text");
    let mut lines: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

#[tokio::test]
async fn hls_plays_every_frame_of_every_rung_with_relative_and_with_absolute_addresses() {
    let made =
        process(&media("bbb_1080p24_5s_aac51.mp4").expect("it is in the repository")).await.expect("ready");
    let expected = ["audio,235", "video,1280,120", "video,1920,120", "video,640,120", "video,854,120"];
    let entries = "stream=codec_type,width,nb_read_packets";
    let relative = published(&made, &Addressing::Relative);
    assert_eq!(streams(relative.path(), relative.path(), "master.m3u8", entries).await, expected);

    // Rendered later from the stored manifest, with playlists in one place and segments in another.
    let stored = std::fs::read(relative.path().join("manifest.json")).expect("it is stored");
    let read = Package::from_manifest(&stored).expect("a manifest");
    let base = relative.path().to_path_buf();
    let sign = move |name: &str| base.join(name).display().to_string();
    let elsewhere = published(
        &Made { package: read, objects: Default::default(), reports: Vec::new() },
        &Addressing::Signed(&sign),
    );
    assert_eq!(streams(elsewhere.path(), relative.path(), "master.m3u8", entries).await, expected);
}

#[tokio::test]
async fn dash_offers_every_rung_and_the_sound() {
    let made = process(&media("rotated90_portrait_phone.mp4").expect("it is in the repository"))
        .await
        .expect("ready");
    let dir = published(&made, &Addressing::Relative);
    let found =
        streams(dir.path(), dir.path(), "manifest.mpd", "stream=codec_type,codec_name,width,height").await;
    assert_eq!(found, ["aac,audio", "h264,video,360,640", "h264,video,480,854"]);
}
