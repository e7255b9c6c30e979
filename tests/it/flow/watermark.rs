//! A video may have a watermark of its own.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::media;
use telecine_tests::server::Home;

use crate::{home, homes};

const PNG: &str = "image/png";

/// A square of one colour.
fn square(home: &Home, colour: &str) -> Vec<u8> {
    let image = home.file(&format!("{colour}.png"));
    let source = format!("color={colour}:s=64x64,format=rgba");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &source, "-frames:v", "1"])
        .arg(&image)
        .status();
    assert!(made.unwrap().success());
    std::fs::read(image).unwrap()
}

/// A film, and an upload that waits for it.
async fn open(client: &Client) -> (Vec<u8>, Value) {
    let film = std::fs::read(media::file("no_audio.mp4")).unwrap();
    let upload = client.open_upload("film.mp4", film.len()).await.expect(StatusCode::CREATED);
    (film, upload)
}

/// Red, green and blue of the poster, near its top left corner.
async fn corner(client: &Client, home: &Home, video: &Value) -> [u8; 3] {
    let poster = home.file("poster.jpg");
    std::fs::write(&poster, client.fetch(text(&video["playback"]["poster"])).await).unwrap();
    let pixel = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&poster)
        .args(["-vf", "crop=iw/20:iw/20:iw/20:iw/20,scale=1:1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output();
    pixel.unwrap().stdout[..3].try_into().unwrap()
}

fn is_red([red, green, blue]: [u8; 3]) -> bool {
    red > 180 && green < 80 && blue < 80
}

#[tokio::test]
async fn it_is_drawn_instead_of_that_of_the_settings_until_it_is_taken_away() {
    for (mut home, _postgres) in homes() {
        square(&home, "blue");
        let red = square(&home, "red");
        home.set("WATERMARK_PATH", home.file("blue.png").to_str().unwrap()).set("WATERMARK_ENABLED", "true");
        let server = home.serve().await;
        let client = &server.client;
        let (film, upload) = open(client).await;
        let video_id = text(&upload["video_id"]).to_owned();
        let path = format!("videos/{video_id}/watermark");
        client.get(&path).await.expect_problem(404, "not_found");
        let given = client
            .put_body(&format!("{path}?position=top-left&width=0.3&opacity=1"), PNG, red.clone())
            .await
            .expect(StatusCode::OK);
        let expected =
            json!({ "size": red.len(), "position": "topleft", "width": 0.3, "margin": 0.02, "opacity": 1.0 });
        assert_eq!(given, expected);
        assert_eq!(client.get(&path).await.expect(StatusCode::OK), expected);
        client.send(&upload, film).await;
        let ready = client.finished(&video_id).await;
        let drawn = corner(client, &home, &ready).await;
        assert!(is_red(drawn), "{drawn:?}");

        client.call(Method::DELETE, &path, None).await.expect(StatusCode::NO_CONTENT);
        client.call(Method::DELETE, &path, None).await.expect_problem(404, "not_found");
        client.post(&format!("videos/{video_id}/reprocess"), json!({})).await.expect(StatusCode::ACCEPTED);
        let ready = client.until(&video_id, |video| video["status"] == "ready").await;
        let drawn = corner(client, &home, &ready).await;
        assert!(!is_red(drawn), "{drawn:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused_with_its_reason() {
    let mut home = home();
    let red = square(&home, "red");
    let server = home.serve().await;
    let client = &server.client;
    let (film, upload) = open(client).await;
    let video_id = text(&upload["video_id"]).to_owned();
    let path = format!("videos/{video_id}/watermark");
    for (query, image, status, code) in [
        ("", b"<svg/>".to_vec(), 422, "invalid_watermark"),
        ("", Vec::new(), 422, "invalid_watermark"),
        ("", [&red[..], &vec![0; 1_000_000]].concat(), 413, "watermark_too_large"),
        ("?position=somewhere", red.clone(), 422, "invalid_options"),
        ("?width=7", red.clone(), 422, "invalid_options"),
        ("?opacity=NaN", red.clone(), 422, "invalid_options"),
        ("?colour=red", red.clone(), 422, "invalid_query"),
    ] {
        client.put_body(&format!("{path}{query}"), PNG, image).await.expect_problem(status, code);
    }
    let nobody = "videos/01900000-0000-7000-8000-000000000000/watermark";
    client.put_body(nobody, PNG, red.clone()).await.expect_problem(404, "not_found");

    // It begins like an image: what is behind that is seen when it is to be drawn.
    client.put_body(&path, PNG, red[..40].to_vec()).await.expect(StatusCode::OK);
    client.send(&upload, film).await;
    let failed = client.finished(&video_id).await;
    assert_eq!(failed["failure"]["code"], "watermark_invalid", "{failed}");
    client.put_body(&path, PNG, red).await.expect(StatusCode::OK);
    client
        .post(&format!("jobs/process-video-{video_id}/retry"), json!({}))
        .await
        .expect(StatusCode::NO_CONTENT);
    let ready = client.until(&video_id, |video| video["status"] == "ready").await;
    assert_eq!(ready["failure"], Value::Null);
}
