//! Videos of files elsewhere on the web.

use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_tests::client::text;

use crate::homes;

#[tokio::test]
async fn addresses_become_videos_at_once_and_say_why_when_they_cannot_be_had() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let client = &server.client;
        let urls = json!(["http://169.254.169.254/latest/film.mp4", " http://127.0.0.1:1/a/b%20c.mkv "]);
        let imported =
            client.post("videos/import", json!({ "urls": urls })).await.expect(StatusCode::ACCEPTED);
        let items = imported["items"].as_array().unwrap();
        let titles: Vec<&Value> = items.iter().map(|video| &video["title"]).collect();
        assert_eq!(titles, ["film.mp4", "b c.mkv"]);
        for video in items {
            assert_eq!((&video["status"], &video["playable"]), (&json!("processing"), &json!(false)));
            let failed = client.finished(text(&video["id"])).await;
            assert_eq!(failed["status"], "failed", "{failed}");
            assert!(
                text(&failed["failure"]["message"]).starts_with("videoUrl cannot be fetched"),
                "{failed}"
            );
            let job =
                client.get(&format!("jobs/import-video-{}", text(&video["id"]))).await.expect(StatusCode::OK);
            assert_eq!(job["subject"], video["id"]);
            // There is no file yet to process again, so it is fetched again.
            let again = client.post(&format!("videos/{}/reprocess", text(&video["id"])), json!({})).await;
            assert_eq!(again.expect(StatusCode::ACCEPTED)["status"], "processing");
            assert_eq!(client.finished(text(&video["id"])).await["status"], "failed");
        }
        for wrong in [
            json!([]),
            json!(["https://media.example/a.mp4", "file:///etc/passwd"]),
            json!([""]),
            json!(vec!["https://media.example/a.mp4"; 101]),
            json!([format!("https://media.example/{}", "ü".repeat(1000))]),
        ] {
            client.post("videos/import", json!({ "urls": wrong })).await.expect_problem(422, "invalid_urls");
        }
        let listed = client.get("videos").await.expect(StatusCode::OK);
        assert_eq!(listed["items"].as_array().unwrap().len(), 2, "all of a list or nothing");
    }
}
