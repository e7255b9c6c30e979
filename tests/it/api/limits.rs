//! What may be uploaded, and how much at a time.

use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::json;
use telecine_tests::client::{Client, answer, text};
use telecine_tests::postgres::Postgres;
use telecine_tests::server::Home;

use crate::home;

/// A token of its own for another program.
fn another_token(home: &Home) -> String {
    let made =
        home.command(&["token", "create", "--name", "another"]).stdout(Stdio::piped()).output().unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_file_above_the_size_of_the_settings_is_refused() {
    let mut home = home();
    home.set("MAX_UPLOAD_BYTES", "1000").set("ALLOWED_MEDIA_TYPES", "video/*, audio/mpeg");
    let server = home.serve().await;
    server.client.open_upload("clip.mp4", 1000).await.expect(StatusCode::CREATED);
    let refused = server.client.open_upload("clip.mp4", 1001).await;
    assert!(text(&refused.json["detail"]).contains("at most 1000"), "{}", refused.json);
    refused.expect_problem(413, "upload_too_large");

    let of_type = |kind: &str| {
        let body = json!({ "filename": "a", "size": 5, "content_type": kind });
        async { server.client.post("uploads", body).await }
    };
    of_type("video/x-matroska").await.expect(StatusCode::CREATED);
    of_type("audio/mpeg").await.expect(StatusCode::CREATED);
    for kind in ["audio/mp4", "application/octet-stream", "text/html"] {
        let refused = of_type(kind).await;
        assert!(text(&refused.json["detail"]).contains("only video/*, audio/mpeg"), "{}", refused.json);
        refused.expect_problem(415, "media_type_not_allowed");
    }
}

#[tokio::test]
async fn a_body_that_is_refused_unread_ends_its_connection() {
    let mut home = home();
    let server = home.serve().await;
    let uploads = format!("{}/api/v1/uploads", server.client.origin());
    let large = server.client.http.post(uploads).bearer_auth(server.client.token());
    let refused =
        large.header("content-type", "application/json").body(vec![b' '; 2_000_000]).send().await.unwrap();
    assert_eq!(refused.headers()["connection"], "close");
    answer(refused).await.expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn each_token_has_its_own_number_of_open_uploads_and_bytes() {
    let mut home = home();
    home.set("MAX_UPLOAD_BYTES", "1000");
    let config = home.file("limits.toml");
    std::fs::write(&config, "[uploads]\nmax_open_sessions = 3\nmax_open_bytes = 1000\n").unwrap();
    home.set("TELECINE_CONFIG", config.to_str().unwrap());
    let server = home.serve().await;
    let first = server.client.open_upload("a.mp4", 600).await.expect(StatusCode::CREATED);
    let refused = server.client.open_upload("b.mp4", 401).await;
    assert!(text(&refused.json["detail"]).contains("1000"), "{}", refused.json);
    refused.expect_problem(429, "too_many_upload_bytes");
    server.client.open_upload("b.mp4", 399).await.expect(StatusCode::CREATED);
    server.client.open_upload("c.mp4", 1).await.expect(StatusCode::CREATED);
    let refused = server.client.open_upload("d.mp4", 1).await;
    assert!(text(&refused.json["detail"]).starts_with("3 uploads are open"), "{}", refused.json);
    refused.expect_problem(429, "too_many_uploads");

    let other = Client::new(&format!("{}/api/v1", server.client.origin()), another_token(&home));
    other.open_upload("e.mp4", 1000).await.expect(StatusCode::CREATED);

    let path = format!("uploads/{}", text(&first["id"]));
    assert_eq!(server.client.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    server.client.open_upload("d.mp4", 600).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn an_upload_that_is_complete_is_no_longer_counted() {
    let mut home = home();
    let config = home.file("limits.toml");
    std::fs::write(&config, "[uploads]\nmax_open_sessions = 1\n").unwrap();
    home.set("TELECINE_CONFIG", config.to_str().unwrap());
    let server = home.serve().await;
    let upload = server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    server.client.open_upload("clip.mp4", 4).await.expect_problem(429, "too_many_uploads");
    assert_eq!(server.client.put(&upload, b"abcd".to_vec()).await, StatusCode::OK);
    let complete = format!("uploads/{}/complete", text(&upload["id"]));
    server.client.post(&complete, json!({})).await.expect(StatusCode::ACCEPTED);
    server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    server.client.finished(text(&upload["video_id"])).await;
}

#[tokio::test]
async fn browsers_of_printed_links_count_as_one() {
    let mut home = home();
    let config = home.file("limits.toml");
    std::fs::write(&config, "[uploads]\nmax_open_sessions = 1\n").unwrap();
    home.set("TELECINE_CONFIG", config.to_str().unwrap());
    let server = home.serve().await;
    let origin = server.client.origin();
    let open = async || {
        let link = server.client.http.get(server.page.clone()).send().await.unwrap();
        let cookie = link.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let new = json!({ "filename": "a.mp4", "size": 1, "content_type": "video/mp4" });
        let request = server.client.http.post(format!("{origin}/api/v1/uploads")).json(&new);
        answer(request.header("cookie", cookie).header("origin", &origin).send().await.unwrap()).await
    };
    open().await.expect(StatusCode::CREATED);
    open().await.expect_problem(429, "too_many_uploads");
    server.client.open_upload("a.mp4", 1).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn no_number_of_requests_at_once_gets_past_the_limits_on_sqlite() {
    only_five_of_many_are_opened(home()).await;
}

#[tokio::test]
async fn no_number_of_requests_at_once_gets_past_the_limits_on_postgresql() {
    let Some(postgres) = Postgres::start() else { return };
    let mut home = home();
    home.set("DATABASE_URL", &postgres.url());
    only_five_of_many_are_opened(home).await;
}

async fn only_five_of_many_are_opened(mut home: Home) {
    let config = home.file("limits.toml");
    std::fs::write(&config, "[uploads]\nmax_open_sessions = 5\n").unwrap();
    home.set("TELECINE_CONFIG", config.to_str().unwrap());
    let server = home.serve().await;
    let opened = futures::future::join_all((0..40).map(|_| server.client.open_upload("a.mp4", 1))).await;
    let count = |status| opened.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(StatusCode::CREATED), count(StatusCode::TOO_MANY_REQUESTS)), (5, 35));
    let videos = server.client.get("videos?limit=100").await.expect(StatusCode::OK);
    assert_eq!(videos["items"].as_array().unwrap().len(), 5, "what is refused leaves nothing");
}
