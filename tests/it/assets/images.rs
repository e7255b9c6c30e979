//! Images: uploaded straight to storage, or taken from a video.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::media;
use telecine_tests::origin::{Origin, Reply};

use super::{picture, probed};
use crate::{eventually_async, home, homes};

async fn open(client: &Client, filename: &str, bytes: &[u8]) -> Value {
    let new = json!({ "filename": filename, "size": bytes.len(), "content_type": "image/jpeg" });
    client.post("images", new).await.expect(StatusCode::CREATED)
}

/// Uploads a picture and answers its id.
async fn upload(client: &Client, filename: &str, bytes: &[u8]) -> String {
    let image = open(client, filename, bytes).await;
    assert_eq!(client.put(&image["upload"], bytes.to_vec()).await, StatusCode::OK);
    let id = text(&image["id"]).to_owned();
    let completed = client.post(&format!("images/{id}/complete"), json!({})).await.expect(StatusCode::OK);
    assert!(completed["upload"].is_null() && completed["status"] != "pending_upload", "{completed}");
    id
}

/// The image once it is ready or has failed.
async fn ended(client: &Client, id: &str) -> Value {
    let is_ended = |image: &Value| matches!(image["status"].as_str(), Some("ready" | "failed"));
    client.watch(&format!("images/{id}"), is_ended).await
}

fn variant<'a>(image: &'a Value, name: &str) -> &'a Value {
    let found = image["variants"].as_array().unwrap().iter().find(|variant| variant["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {image}"))
}

#[tokio::test]
async fn a_picture_goes_straight_to_storage_and_comes_back_in_every_size() {
    for (mut home, _postgres) in homes() {
        let photo = picture(&home, "beach.jpg", "1920x1080");
        let server = home.serve().await;
        let client = &server.client;
        let id = upload(client, "beach.jpg", &photo).await;
        let image = ended(client, &id).await;
        assert_eq!((&image["status"], &image["title"]), (&json!("ready"), &json!("beach")), "{image}");
        assert_eq!(
            image["source"],
            json!({ "format": "jpeg", "width": 1920, "height": 1080, "frames": 1, "bytes": photo.len() })
        );
        assert!(
            text(&image["blurred"]).starts_with("data:image/webp;base64,")
                && text(&image["thumbhash"]).len() > 20
        );
        for (name, expected) in [("large", "1280,720"), ("medium", "640,360"), ("thumbnail", "320,180")] {
            let made = variant(&image, name);
            assert_eq!((&made["kept"], &made["content_type"]), (&json!("webp"), &json!("image/webp")));
            let bytes = client.fetch(text(&made["url"])).await;
            assert_eq!(probed(home.folder(), &bytes), format!("webp,{expected}"));
            assert_eq!(made["bytes"], bytes.len());
            // The address that can be kept suits whoever asks, without a token.
            let address = text(&made["address"]);
            for (accept, codec) in [("image/avif,image/webp,*/*;q=0.8", "webp"), ("image/png,*/*", "mjpeg")] {
                let led = client.http.get(address).header("accept", accept).send().await.unwrap();
                assert_eq!(
                    (led.status(), &led.headers()["vary"]),
                    (StatusCode::FOUND, &"accept".parse().unwrap())
                );
                assert!(led.headers().contains_key("etag") && led.headers().contains_key("cache-control"));
                let target = led.headers()["location"].to_str().unwrap().to_owned();
                let stored = client.http.get(&target).send().await.unwrap();
                assert_eq!(stored.headers()["cache-control"], "public, max-age=31536000, immutable");
                assert!(stored.headers().contains_key("etag"));
                let bytes = stored.bytes().await.unwrap();
                assert_eq!(probed(home.folder(), &bytes), format!("{codec},{expected}"), "{accept}");
            }
        }
        // A size of one's own, made anew beside what there is.
        let wanted = json!({ "variants": [{ "name": "square", "width": 100, "height": 100 }] });
        let again = client.post(&format!("images/{id}/variants"), wanted).await.expect(StatusCode::ACCEPTED);
        assert_eq!(again["variants"].as_array().unwrap().len(), 3, "what there is stays");
        let image = client
            .watch(&format!("images/{id}"), |image| image["variants"].as_array().unwrap().len() == 4)
            .await;
        assert_eq!(
            (&variant(&image, "square")["width"], &variant(&image, "square")["height"]),
            (&json!(100), &json!(56))
        );
        client.do_later_jobs("cleanup", "delete-batch").await;
        let listed = client.get("images?text=BEA").await.expect(StatusCode::OK);
        assert_eq!(listed["items"][0]["id"], json!(id));
        let address = text(&variant(&image, "large")["address"]).to_owned();
        let url = text(&variant(&image, "large")["url"]).to_owned();
        client.call(Method::DELETE, &format!("images/{id}"), None).await.expect(StatusCode::NO_CONTENT);
        client.get(&format!("images/{id}")).await.expect_problem(404, "not_found");
        assert_eq!(client.http.get(&address).send().await.unwrap().status(), StatusCode::NOT_FOUND);
        let is_gone = async || client.http.get(&url).send().await.unwrap().status() == StatusCode::NOT_FOUND;
        assert!(eventually_async(is_gone).await);
        client.watch("storage", |storage| storage["objects"] == 0).await;
        assert!(server.stop().success());
        assert_eq!(home.reconcile(&[])["objects"], 0);
    }
}

#[tokio::test]
async fn what_is_no_picture_fails_with_a_code_and_a_sentence() {
    for (mut home, _postgres) in homes() {
        let photo = picture(&home, "photo.jpg", "640x480");
        let server = home.serve().await;
        let client = &server.client;
        let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
        let wrong: [(&str, &[u8], &str); 4] = [
            ("page.jpg", b"<!DOCTYPE html><script>alert(1)</script>", "not_an_image"),
            ("drawing.png", svg, "unsupported_format"),
            ("cut.jpg", &photo[..photo.len() / 2], "image_corrupt"),
            ("bomb.png", include_bytes!("bomb.png"), "image_too_large"),
        ];
        for (filename, bytes, code) in wrong {
            let failed = ended(client, &upload(client, filename, bytes).await).await;
            assert_eq!(
                (&failed["status"], &failed["failure"]["code"]),
                (&json!("failed"), &json!(code)),
                "{filename}"
            );
            assert!(text(&failed["failure"]["message"]).ends_with('.'));
            assert_eq!(failed["variants"], json!([]));
        }
        // Nothing is lost by a wrong step, and every refusal says which field.
        let image = open(client, "photo.jpg", &photo).await;
        let complete = format!("images/{}/complete", text(&image["id"]));
        client.post(&complete, json!({})).await.expect_problem(409, "object_missing");
        let address = text(&image["upload"]["url"]);
        let put = client.http.put(address).body("too short").send().await.unwrap();
        assert!(!put.status().is_success(), "storage takes what was announced only");
        let fresh = client.get(&format!("images/{}", text(&image["id"]))).await.expect(StatusCode::OK);
        assert_eq!(client.put(&fresh["upload"], photo.to_vec()).await, StatusCode::OK);
        for _ in 0..2 {
            client.post(&complete, json!({})).await.expect(StatusCode::OK);
        }
        assert_eq!(ended(client, text(&image["id"])).await["status"], "ready");
        for (body, code) in [
            (json!({ "filename": "a.jpg", "size": 0, "content_type": "image/jpeg" }), "empty_file"),
            (json!({ "filename": "../a.jpg", "size": 1, "content_type": "image/jpeg" }), "invalid_filename"),
            (
                json!({ "filename": "a.mp4", "size": 1, "content_type": "video/mp4" }),
                "media_type_not_allowed",
            ),
            (
                json!({ "filename": "a.jpg", "size": 1, "content_type": "image/jpeg",
                "variants": [{ "name": "../x", "width": 1, "height": 1 }] }),
                "invalid_variants",
            ),
            (json!({ "size": 1 }), "invalid_body"),
        ] {
            client
                .post("images", body)
                .await
                .expect_problem(if code == "media_type_not_allowed" { 415 } else { 422 }, code);
        }
        let large = json!({ "filename": "a.jpg", "size": 33 * 1024 * 1024, "content_type": "image/jpeg" });
        client.post("images", large).await.expect_problem(413, "upload_too_large");
    }
}

#[tokio::test]
async fn a_browser_that_was_closed_after_sending_a_picture_has_sent_it() {
    for (mut home, _postgres) in homes() {
        let photo = picture(&home, "photo.png", "400x300");
        let server = home.serve_with(&["--set", "uploads.idle_seconds=2"]).await;
        let client = &server.client;
        let (sent, never) = (open(client, "sent.png", &photo).await, open(client, "never.png", &photo).await);
        assert_eq!(client.put(&sent["upload"], photo.to_vec()).await, StatusCode::OK);
        assert_eq!((&sent["title"], &never["title"]), (&json!("sent"), &json!("never")));
        // A list asks for no upload to go on.
        let listed = client.watch("images", |page| {
            let images = page["items"].as_array().unwrap();
            images.len() == 1 && images[0]["status"] == "ready"
        });
        let listed = listed.await;
        assert_eq!(listed["items"][0]["id"], sent["id"]);
        assert_eq!(variant(&listed["items"][0], "large")["width"], 400, "nothing is enlarged");
    }
}

#[tokio::test]
async fn a_picture_is_taken_from_a_video_at_a_second() {
    let mut home = home();
    let film = media::film(home.folder(), "testsrc2");
    let server = home.serve().await;
    let client = &server.client;
    let video = client.upload(&film).await;
    let early = json!({ "video_id": video, "timestamp": 3 });
    assert!(matches!(
        client.post("images", early.clone()).await.status,
        StatusCode::CONFLICT | StatusCode::CREATED
    ));
    assert_eq!(client.finished(&video).await["status"], "ready");
    let mut hashes = Vec::new();
    for second in [0.0, 9.5, 29.9] {
        let taken = client.post("images", json!({ "video_id": video, "timestamp": second })).await;
        let taken = taken.expect(StatusCode::CREATED);
        assert_eq!((&taken["title"], &taken["status"]), (&json!("film"), &json!("processing")));
        let image = ended(client, text(&taken["id"])).await;
        assert_eq!((&image["status"], &image["source"]["width"]), (&json!("ready"), &json!(854)), "{image}");
        hashes.push(text(&image["blurred"]).to_owned());
    }
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2], "other seconds show other pictures");
    for (body, status, code) in [
        (json!({ "video_id": video, "timestamp": -1 }), 422, "invalid_timestamp"),
        (json!({ "video_id": "0190b5c4-5d3b-7aaa-8bbb-000000000000" }), 404, "not_found"),
        (json!({ "video_id": video, "filename": "a.jpg" }), 422, "invalid_body"),
    ] {
        client.post("images", body).await.expect_problem(status, code);
    }
}

#[tokio::test]
async fn a_program_with_ids_of_its_own_gets_a_picture_of_a_video_elsewhere() {
    let mut home = home();
    let film = std::fs::read(media::file("avsync_flash_beep_12s.mp4")).unwrap();
    let origin = Origin::start(move |_| std::future::ready(Reply::ok(film.clone()))).await;
    home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
    let server = home.serve().await;
    let client = &server.client;
    let data = json!({ "contentId": "content-7", "videoUrl": origin.at("/film.mp4"), "timestamp": 2 });
    add_job(&home, "thumbnail-generation", "generate-thumbnail", &data).await;
    let page = client.watch("images?text=content-7", |page| page["items"][0]["status"] == "ready").await;
    assert_eq!(page["items"][0]["external_id"], "content-7");
    assert_eq!(client.fetch(text(&variant(&page["items"][0], "thumbnail")["url"])).await[8..12], *b"WEBP");
}

/// Adds a job as another program would.
async fn add_job(home: &telecine_tests::server::Home, queue: &str, name: &str, data: &Value) {
    use telecine_db::jobs::{self, NewJob};
    let db = telecine_db::Db::connect(&home.database_url().into()).await.unwrap();
    let tx = db.begin().await.unwrap();
    let job = NewJob::new(&format!("theirs-{name}"), queue, name, &data.to_string());
    jobs::insert(&tx, &job, 1).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
}
