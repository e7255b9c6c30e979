//! A real clip becomes adaptive video, checked box by box.

use reqwest::StatusCode;
use serde_json::Value;
use telecine_tests::boxes::{self, SegmentTimes};
use telecine_tests::client::{Client, resolve, text};
use telecine_tests::media;

use crate::home;

#[tokio::test]
async fn a_clip_becomes_four_aligned_rungs_that_hls_dash_and_the_manifest_share() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let video_id = client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    let video = client.finished(&video_id).await;
    assert_eq!(
        (&video["status"], &video["playable"], &video["progress"]),
        (&"ready".into(), &true.into(), &1.0.into()),
        "{video}"
    );
    assert_eq!((video["width"].as_u64(), video["height"].as_u64()), (Some(1920), Some(1080)));
    assert!((video["duration_s"].as_f64().unwrap() - 5.0).abs() < 0.05, "{video}");
    let source = &video["source"];
    assert_eq!(
        (&source["video"]["codec"], &source["video"]["frame_rate"]),
        (&"h264".into(), &24.0.into()),
        "{source}"
    );
    assert_eq!((&source["audio"]["layout"], &source["tags"].is_object()), (&"5.1".into(), &true), "{source}");
    let playback = &video["playback"];
    assert_eq!(playback["renditions"], serde_json::json!(["1080p", "720p", "480p", "360p"]));

    let manifest_address = text(&playback["manifest"]);
    let manifest: Value = serde_json::from_str(&client.fetch_text(manifest_address).await).unwrap();
    let rungs = manifest["video"].as_array().unwrap();
    assert_eq!(rungs.len(), 4);
    let mut aligned: Option<Vec<SegmentTimes>> = None;
    for rung in rungs {
        let times = check_rendition(client, manifest_address, rung).await;
        assert_eq!(
            times.iter().map(|segment| segment.samples).collect::<Vec<_>>(),
            [96, 24],
            "frames of {}",
            rung["id"]
        );
        assert!(aligned.is_none_or(|other| other == times), "segments start at the same time in every rung");
        aligned = Some(times);
    }
    check_rendition(client, manifest_address, &manifest["audio"][0]).await;
    check_hls(client, text(&playback["hls"]), rungs).await;
    check_dash(client, text(&playback["dash"])).await;
    check_pictures(client, playback).await;
}

#[tokio::test]
async fn a_file_of_sound_alone_becomes_an_audio_rendition() {
    let mut home = home();
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("audio_only.m4a")).await;
    let video = server.client.finished(&video_id).await;
    assert_eq!(video["status"], "ready", "{video}");
    assert_eq!((&video["width"], &video["playback"]["poster"]), (&Value::Null, &Value::Null));
    let master = server.client.fetch_text(text(&video["playback"]["hls"])).await;
    assert!(master.contains("mp4a.40.2") && !master.contains("avc1"), "{master}");
}

/// A player loads picture and sound a little ahead of what it plays, so neither may end long before the other.
#[tokio::test]
async fn the_shorter_of_picture_and_sound_goes_on_to_the_end_of_the_other() {
    let mut home = home();
    let server = home.serve().await;
    for (picture_s, sound_s) in [(30, 4), (4, 30)] {
        let file = home.file(&format!("{picture_s}-{sound_s}.mp4"));
        let made = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", &format!("testsrc2=s=320x180:r=10:d={picture_s}")])
            .args([
                "-f",
                "lavfi",
                "-i",
                &format!("sine=d={sound_s}"),
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
            ])
            .args(["-c:a", "aac"])
            .arg(&file)
            .status();
        assert!(made.expect("ffmpeg runs").success());
        let video_id = server.client.upload(&file).await;
        let video = server.client.finished(&video_id).await;
        assert_eq!(video["status"], "ready", "{video}");
        let manifest = server.client.fetch_text(text(&video["playback"]["manifest"])).await;
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        for kind in ["video", "audio"] {
            let segments = manifest[kind][0]["segments"].as_array().unwrap();
            let seconds: f64 = segments.iter().map(|segment| segment["duration"].as_f64().unwrap()).sum();
            assert!((seconds - 30.0).abs() < 0.3, "{kind} of {picture_s}/{sound_s} has {seconds} s");
        }
    }
}

#[tokio::test]
async fn playback_addresses_need_no_token_but_cannot_be_altered() {
    let mut home = home();
    let server = home.serve().await;
    let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
    let video = server.client.finished(&video_id).await;
    let hls = text(&video["playback"]["hls"]).to_owned();
    server.client.fetch(&hls).await;
    let other_id = hls.replace(&video_id, "01900000-0000-7000-8000-000000000000");
    let other_name = hls.replace("master.m3u8", "source");
    let climbing = hls.replace("master.m3u8", "..%2f..%2fsource");
    for altered in [other_id, other_name, climbing, hls.replace("/play/", "/play/x")] {
        let refused = server.client.http.get(&altered).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{altered}");
    }
    let poster = text(&video["playback"]["poster"]);
    let source = poster.replace("g1/poster.jpg", "source");
    assert_ne!(source, poster);
    assert_eq!(server.client.http.get(source).send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

/// Fetches init and every segment and compares the boxes with what the manifest says.
async fn check_rendition(client: &Client, manifest: &str, rendition: &Value) -> Vec<SegmentTimes> {
    let init = client.fetch(&resolve(manifest, text(&rendition["init"]))).await;
    assert_eq!(boxes::kinds(&init), ["ftyp", "moov"]);
    let brands = boxes::find(&init, "ftyp").unwrap().body;
    assert!(brands.chunks(4).any(|brand| brand == b"cmfc"), "the segments are CMAF");
    assert!(boxes::find(&init, "moov/trak/edts").is_none(), "no edit list");
    let timescale = f64::from(boxes::timescale(&init));
    let mut all = Vec::new();
    let mut expected_start = 0;
    for segment in rendition["segments"].as_array().unwrap() {
        let bytes = client.fetch(&resolve(manifest, text(&segment["url"]))).await;
        assert_eq!(bytes.len() as u64, segment["bytes"].as_u64().unwrap());
        let kinds = boxes::kinds(&bytes);
        assert_eq!(kinds[0], "styp");
        assert!(kinds[1..].chunks(2).all(|pair| pair == ["moof", "mdat"]), "{kinds:?}");
        let times = boxes::segment_times(&bytes);
        assert_eq!(
            (times.start, times.starts_with_sync, times.first_offset),
            (expected_start, true, 0),
            "{}",
            rendition["id"]
        );
        assert!((times.duration as f64 / timescale - segment["duration"].as_f64().unwrap()).abs() < 1e-6);
        expected_start += times.duration;
        all.push(times);
    }
    all
}

async fn check_hls(client: &Client, address: &str, rungs: &[Value]) {
    let master = client.fetch_text(address).await;
    assert_eq!(master.matches("#EXT-X-STREAM-INF").count(), 4);
    assert!(master.contains("RESOLUTION=1920x1080") && master.contains("TYPE=AUDIO"), "{master}");
    let playlists = master.lines().filter(|line| line.ends_with(".m3u8"));
    for (playlist, rung) in playlists.zip(rungs) {
        let playlist_address = resolve(address, playlist);
        let text_of = client.fetch_text(&playlist_address).await;
        assert!(text_of.starts_with("#EXTM3U") && text_of.ends_with("#EXT-X-ENDLIST\n"), "{text_of}");
        let durations: Vec<f64> = text_of
            .lines()
            .filter_map(|line| line.strip_prefix("#EXTINF:")?.trim_end_matches(',').parse().ok())
            .collect();
        let expected: Vec<f64> =
            rung["segments"].as_array().unwrap().iter().map(|s| s["duration"].as_f64().unwrap()).collect();
        assert!(
            durations.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4),
            "{durations:?} {expected:?}"
        );
        for segment in text_of.lines().filter(|line| !line.starts_with('#')) {
            client.fetch(&resolve(&playlist_address, segment)).await;
        }
    }
}

async fn check_dash(client: &Client, address: &str) {
    let mpd = client.fetch_text(address).await;
    assert!(mpd.contains("type=\"static\"") && mpd.contains("minBufferTime"), "{mpd}");
    assert_eq!(mpd.matches("<Representation ").count(), 5);
    let first =
        mpd.split("media=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a segment address");
    client.fetch(&resolve(address, &first.replace("&amp;", "&"))).await;
}

async fn check_pictures(client: &Client, playback: &Value) {
    assert!(
        client.fetch(text(&playback["poster"])).await.starts_with(b"\xff\xd8\xff"),
        "the poster is a JPEG"
    );
    let mp4 = client.fetch(text(&playback["mp4"])).await;
    let kinds = boxes::kinds(&mp4);
    let place = |kind: &str| kinds.iter().position(|found| found == kind).unwrap();
    assert!(place("moov") < place("mdat"), "the MP4 starts fast: {kinds:?}");
    let address = text(&playback["thumbnails"]);
    let vtt = client.fetch_text(address).await;
    let images: Vec<&str> = vtt.lines().filter(|line| line.contains(".jpg")).collect();
    assert_eq!(images.len(), 2, "{vtt}");
    for image in &images {
        assert!(client.fetch(&resolve(address, image)).await.starts_with(b"\xff\xd8\xff"));
    }
    for address in [text(&playback["poster"]), text(&playback["mp4"]), &resolve(address, images[0])] {
        let answer = client.http.get(address).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable", "{address}");
    }
}
