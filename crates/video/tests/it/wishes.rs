//! What people want of a video: rungs, files, pictures, and an image over all of them.

use std::path::Path;

use telecine_video::package::VideoRendition;
use telecine_video::{Tools, VideoConfig, WatermarkConfig, Wishes, prepare};
use tokio_util::sync::CancellationToken;

use crate::checks::check_mp4;
use crate::support::{Made, MemorySink, config, media, process_planned, tool_on};

/// A red square.
fn image(dir: &Path) -> std::path::PathBuf {
    let image = dir.join("logo.png");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "color=red:s=64x64,format=rgba", "-frames:v", "1"])
        .arg(&image)
        .status();
    assert!(made.expect("ffmpeg").success());
    image
}

/// Red, green and blue of a pixel of the first frame, given in shares of its sides.
async fn pixel(made: &Made, rung: &VideoRendition, (x, y): (f64, f64)) -> [u8; 3] {
    let args = "-v error -i file:stream -frames:v 1 -f rawvideo -pix_fmt rgb24 -";
    let frame = tool_on(&made.stream(rung.track.folder()), "ffmpeg", args).await;
    let (width, height) = (rung.width as usize, rung.height as usize);
    let place = |share: f64, side: usize| (share * side as f64) as usize;
    let at = (place(y, height) * width + place(x, width)) * 3;
    frame[at..at + 3].try_into().expect("three bytes")
}

#[tokio::test]
async fn the_watermark_is_drawn_on_every_rung_at_its_place_and_nothing_is_copied() {
    let dir = tempfile::tempdir().expect("a directory");
    let watermark = WatermarkConfig {
        enabled: true,
        image: Some(image(dir.path())),
        position: "bottom-right".parse().expect("a position"),
        opacity: 1.0,
        ..WatermarkConfig::default()
    };
    let config = VideoConfig { watermark, ..config() };
    for name in ["bbb_1080p24_5s_aac51.mp4", "rotated90_portrait_phone.mp4", "one_frame.mp4"] {
        let made =
            process_planned(&media(name).expect("it is in the repository"), &config, &Wishes::default())
                .await;
        assert!(!made.objects.keys().any(|key| key.starts_with("source/")), "{name}");
        let images = made.package.thumbnails.as_ref().map_or(0, |thumbnails| thumbnails.images.len());
        assert_eq!(images, (made.package.duration / 4.0).ceil() as usize, "{name}");
        for rung in &made.package.video {
            // The middle of a square of 12 % of the width, 2 % from the edges.
            let (width, height) = (f64::from(rung.width), f64::from(rung.height));
            let [red, green, blue] = pixel(&made, rung, (0.92, 1.0 - 0.08 * width / height)).await;
            assert!(red > 200 && green < 60 && blue < 60, "{name} {}: {red} {green} {blue}", rung.track.id);
            let [red, green, _] = pixel(&made, rung, (0.5, 0.5)).await;
            assert!(red < 200 || green > 60, "{name} {}: not in the middle", rung.track.id);
        }
    }
}

#[tokio::test]
async fn a_job_may_go_without_the_watermark_but_not_ask_for_one_that_is_not_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = media("no_audio.mp4").expect("it is in the repository");
    let watermark =
        WatermarkConfig { enabled: true, image: Some(image(dir.path())), ..WatermarkConfig::default() };
    let without = Wishes { watermark: Some(false), ..Wishes::default() };
    let made = process_planned(&input, &VideoConfig { watermark, ..config() }, &without).await;
    assert!(made.objects.keys().any(|key| key.starts_with("source/")), "the pictures are copied first");

    let (tools, config) = (Tools::from(&config()), config());
    let wanted = Wishes { watermark: Some(true), ..Wishes::default() };
    let refused = prepare(&tools, &config, &wanted, &input, dir.path(), &CancellationToken::new()).await;
    assert_eq!(refused.expect_err("there is none").code().as_str(), "watermark_missing");
}

#[tokio::test]
async fn an_image_that_cannot_be_drawn_is_told_apart_from_a_broken_video() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = media("no_audio.mp4").expect("it is in the repository");
    let whole = std::fs::read(image(dir.path())).expect("an image");
    let playlist = b"ffconcat version 1.0\nfile /etc/hostname\n";
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n", &whole[..60], b"<svg/>", playlist] {
        let image = dir.path().join("bad");
        std::fs::write(&image, bytes).expect("written");
        let watermark = WatermarkConfig { enabled: true, image: Some(image), ..WatermarkConfig::default() };
        let (tools, config) = (Tools::from(&config()), VideoConfig { watermark, ..config() });
        let wishes = Wishes::default();
        let refused = prepare(&tools, &config, &wishes, &input, dir.path(), &CancellationToken::new()).await;
        let code = refused.expect_err("no image").code();
        assert_eq!(code.as_str(), "watermark_invalid", "{}", bytes.escape_ascii());
    }
}

#[tokio::test]
async fn only_what_is_wanted_is_made() {
    let wishes = Wishes { rungs: Some(vec![360, 720]), mp4: false, stills: false, ..Wishes::default() };
    let input = media("bbb_1080p24_5s_aac51.mp4").expect("it is in the repository");
    let made = process_planned(&input, &config(), &wishes).await;
    let rungs: Vec<&str> = made.package.video.iter().map(|rung| rung.track.id.as_str()).collect();
    assert_eq!((rungs, made.package.mp4, made.package.poster), (vec!["720p", "360p"], None, None));
    let sink = MemorySink(made.objects.into());
    assert!(sink.0.lock().expect("a lock").keys().all(|key| key.contains('/')), "segments and nothing else");
}

#[tokio::test]
async fn every_rung_that_is_named_gets_an_mp4_and_otherwise_the_best() {
    let input = media("bbb_1080p24_5s_aac51.mp4").expect("it is in the repository");
    let files = |made: &Made| -> Vec<(String, String)> {
        let downloads = made.package.mp4.iter().chain(&made.package.downloads);
        downloads.map(|download| (download.id.clone(), download.object.url.clone())).collect()
    };
    let named = |rung: &str, file: &str| (rung.to_owned(), file.to_owned());
    let wishes = Wishes { rungs: Some(vec![360, 480, 720]), stills: false, ..Wishes::default() };
    let made = process_planned(&input, &config(), &wishes).await;
    let expected =
        [named("720p", "video.mp4"), named("480p", "video_480p.mp4"), named("360p", "video_360p.mp4")];
    assert_eq!(files(&made), expected);
    for (rung, (_, file)) in made.package.video.iter().zip(files(&made)) {
        check_mp4(&file, &made, rung, &file).await;
    }
    let made = process_planned(&input, &config(), &Wishes { stills: false, ..Wishes::default() }).await;
    assert_eq!(files(&made), [named("1080p", "video.mp4")]);
}
