//! What a package tells of the file that it is made of, and what it keeps to itself.

use telecine_process::Command;
use telecine_video::package::{Addressing, Source};
use tokio_util::sync::CancellationToken;

use crate::support::{media, process};

/// Where a phone says that it was.
const PLACE: &str = "+48.8577+002.2950/";

#[tokio::test]
async fn people_learn_title_codecs_and_shape_and_nobody_where_it_was_recorded() {
    let dir = tempfile::tempdir().expect("a directory");
    let title = "x".repeat(3000);
    let arguments = [
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:r=25:d=2",
        "-f",
        "lavfi",
        "-i",
        "sine=d=2",
        "-ac",
        "6",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-c:a",
        "aac",
        "-movflags",
        "use_metadata_tags",
        "-metadata",
        &format!("title={title}"),
        "-metadata",
        "artist=Ada\u{7} & Bob",
        "-metadata",
        "comment=secret",
        "-metadata",
        &format!("location={PLACE}"),
        "-metadata",
        &format!("com.apple.quicktime.location.ISO6709={PLACE}"),
        "-metadata:s:v",
        &format!("location={PLACE}"),
        "phone.mp4",
    ];
    let command = Command::new("ffmpeg", dir.path()).args(arguments);
    let outcome = command.spawn().await.expect("it starts").wait(&CancellationToken::new()).await;
    assert!(outcome.is_success(), "{}", outcome.stderr_tail);
    let input = dir.path().join("phone.mp4");
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&std::fs::read(&input).expect("readable"), PLACE), "the file says where it was recorded");

    let made = process(&input).await.expect("ready");
    let source = made.package.source.clone().expect("it is told");
    let (video, audio) = (source.video.expect("pictures"), source.audio.expect("sound"));
    assert_eq!((video.codec.as_str(), video.width, video.height, video.rotation), ("h264", 320, 180, 0));
    assert_eq!(
        (video.frame_rate.map(|rate| rate.as_f64()), video.hdr, video.interlaced),
        (Some(25.0), false, false)
    );
    assert_eq!(
        (audio.codec.as_str(), audio.channels, audio.layout.as_deref()),
        ("aac", Some(6), Some("5.1"))
    );
    assert!(source.duration.is_some_and(|seconds| (seconds - 2.0).abs() < 0.1), "{:?}", source.duration);
    assert!(source.bitrate.is_some() && video.bitrate.is_some() && audio.sample_rate.is_some());
    let tags: Vec<(&str, usize)> =
        source.tags.iter().map(|(name, text)| (name.as_str(), text.len())).collect();
    assert_eq!(tags, [("artist", 9), ("title", 1000)], "control characters and books are cut");
    let manifest = made.package.manifest(&Addressing::Relative);
    assert!(manifest.contains("Ada & Bob") && !manifest.contains("48.8577"), "{manifest}");
    for (name, bytes) in &made.objects {
        assert!(!holds(bytes, "48.8577") && !holds(bytes, "secret"), "{name}");
    }
}

#[tokio::test]
async fn rotation_colour_and_fields_are_told() {
    let of =
        async |name: &str| -> Option<Source> { process(&media(name)?).await.expect(name).package.source };
    if let Some(phone) = of("rotated90_portrait_phone.mp4").await.and_then(|source| source.video) {
        assert_eq!((phone.width, phone.height), (854, 480), "as it is stored");
        assert!(matches!(phone.rotation, 90 | 270), "{}", phone.rotation);
    }
    if let Some(hdr) = of("hdr10_pq_hevc10.mp4").await.and_then(|source| source.video) {
        assert_eq!((hdr.codec.as_str(), hdr.hdr), ("hevc", true));
        assert_eq!(hdr.color_transfer.as_deref(), Some("smpte2084"));
        assert_eq!(hdr.color_primaries.as_deref(), Some("bt2020"));
    }
    if let Some(broadcast) = of("interlaced_anamorphic_mpeg2.ts").await {
        assert_eq!(broadcast.container, "mpegts");
        assert!(broadcast.video.is_some_and(|video| video.interlaced));
    }
    if let Some(song) = of("audio_only.m4a").await {
        assert!(song.video.is_none() && song.audio.is_some_and(|audio| audio.channels == Some(2)));
    }
}
