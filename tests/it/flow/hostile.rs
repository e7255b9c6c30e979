//! Files that are no video, or mean harm.

use std::net::TcpListener;

use telecine_tests::client::text;
use telecine_tests::media;

use crate::home;

#[tokio::test]
async fn files_that_cannot_become_video_fail_with_their_code_and_leave_only_their_source() {
    let mut home = home();
    let server = home.serve().await;
    // The playlists in disguise name this port; nobody may ever call.
    let trap = TcpListener::bind("127.0.0.1:18099").expect("the port that the hostile files name is free");
    trap.set_nonblocking(true).unwrap();
    let files = [
        ("truncated_no_moov.mp4", "video_truncated"),
        ("truncated_faststart_60pct.mp4", "video_truncated"),
        ("gif_16000x16000_bomb.gif", "video_too_large"),
        ("evil_hls_ssrf_renamed.mp4", "not_media"),
        ("evil_hls_sibling_renamed.mp4", "not_media"),
        ("evil_ffconcat_renamed.mp4", "not_media"),
    ];
    let mut videos = Vec::new();
    for (name, code) in files {
        videos.push((name, code, server.client.upload(&media::file(name)).await));
    }
    videos.push((
        "text",
        "not_media",
        server.client.upload_bytes("notes.mp4", b"just a text, no film".to_vec()).await,
    ));
    for (name, code, video_id) in &videos {
        let video = server.client.finished(video_id).await;
        assert_eq!(
            (&video["status"], &video["failure"]["code"]),
            (&"failed".into(), &(*code).into()),
            "{name}: {video}"
        );
        assert!(text(&video["failure"]["message"]).ends_with('.'), "{name}: {video}");
        assert_eq!((&video["playable"], &video["playback"]), (&false.into(), &serde_json::Value::Null));
    }
    assert!(trap.accept().is_err(), "nobody has called");
    // A record and a blob each: the sources, and nothing else.
    assert!(
        crate::eventually(|| home.object_files() == 2 * videos.len()).await,
        "{} files",
        home.object_files()
    );
    assert!(crate::eventually(|| home.scratch_files() == 0).await);

    let good = server.client.upload(&media::file("one_frame.mp4")).await;
    assert_eq!(server.client.finished(&good).await["status"], "ready", "the service goes on");
}

#[tokio::test]
async fn a_source_that_is_replaced_after_the_upload_is_never_published() {
    let mut home = home();
    let server = home.serve().await;
    // One job at a time: while the first is encoded, the second waits.
    let busy = server.client.upload(&media::file("bbb_1080p24_5s_aac51.mp4")).await;
    let original = std::fs::read(media::file("one_frame.mp4")).unwrap();
    let upload =
        server.client.open_upload("clip.mp4", original.len()).await.expect(reqwest::StatusCode::CREATED);
    server.client.put(&upload, original.clone()).await;
    let complete = format!("uploads/{}/complete", text(&upload["id"]));
    server.client.post(&complete, serde_json::json!({})).await.expect(reqwest::StatusCode::ACCEPTED);
    let mut other = original;
    let last = other.len() - 1;
    other[last] ^= 1;
    assert_eq!(server.client.put(&upload, other).await, reqwest::StatusCode::OK, "the address is still good");
    let video = server.client.finished(text(&upload["video_id"])).await;
    assert_eq!(video["failure"]["code"], "source_changed", "{video}");
    server.client.finished(&busy).await;
}
