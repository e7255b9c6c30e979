//! Giving captions to a video, and what is refused.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};

use crate::{home, homes};

const HELLO: &str = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n";

/// A video whose file has not come.
async fn pending(client: &Client) -> String {
    let upload = client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    text(&upload["video_id"]).to_owned()
}

#[tokio::test]
async fn captions_that_cannot_be_are_refused_each_with_its_code_and_its_line() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let video = format!("videos/{}/captions", pending(client).await);
    let put =
        async |rest: &str, body: &str| client.put_text(&format!("{video}/{rest}"), body.to_owned()).await;
    for language in ["english", "e", "en_US", "%2e%2e%2f%2e%2e", "en%22", "x"] {
        put(language, HELLO).await.expect_problem(422, "invalid_language");
    }
    put("en?name=", HELLO).await.expect_problem(422, "invalid_name");
    put(&format!("en?name={}", "x".repeat(101)), HELLO).await.expect_problem(422, "invalid_name");
    put("en?name=a%00b", HELLO).await.expect_problem(422, "invalid_name");
    put("en?kind=chapters", HELLO).await.expect_problem(422, "invalid_kind");
    put("en?default=true", HELLO).await.expect_problem(422, "invalid_query");
    for (body, line) in [
        ("", "line 1: "),
        ("hello", "line 1: "),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nHello", "line 3: the cue ends before it begins"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:xx,000 --> 00:00:03,000\nHello", "line 6: "),
    ] {
        let refused = put("en", body).await;
        assert!(text(&refused.json["detail"]).starts_with(line), "{}", refused.json);
        refused.expect_problem(422, "invalid_captions");
    }
    let latin =
        client.put_text(&format!("{video}/en"), b"WEBVTT\n\n00:01.000 --> 00:02.000\nCaf\xe9".to_vec()).await;
    assert!(text(&latin.json["detail"]).starts_with("line 4: this is not UTF-8"), "{}", latin.json);
    let large = "x".repeat(2 * 1024 * 1024 + 1);
    put("en", &large).await.expect_problem(413, "captions_too_large");
    assert_eq!(client.get(&video).await.expect(StatusCode::OK), json!({ "items": [] }), "nothing was stored");
    assert_eq!(home.object_files(), 0);

    let nobody = "videos/01900000-0000-7000-8000-000000000000/captions";
    client.put_text(&format!("{nobody}/en"), HELLO).await.expect_problem(404, "not_found");
    client.get(nobody).await.expect_problem(404, "not_found");
    for method in [Method::GET, Method::DELETE] {
        client.call(method, &format!("{video}/en"), None).await.expect_problem(404, "not_found");
    }
    client.get("videos/x/captions/en").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn captions_of_a_language_are_one_however_it_is_spelled() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let client = &server.client;
        let video = format!("videos/{}/captions", pending(client).await);
        let first = client.put_text(&format!("{video}/ENG?name=Plain%20words"), HELLO).await;
        let first = first.expect(StatusCode::CREATED);
        for (field, value) in [
            ("language", json!("en")),
            ("name", json!("Plain words")),
            ("kind", json!("subtitles")),
            ("default", json!(false)),
            ("forced", json!(false)),
            ("origin", json!("given")),
            ("size", json!("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n".len())),
        ] {
            assert_eq!(first[field], value, "{field}");
        }
        let subrip = "1\r\n00:00:03,000 --> 00:00:04,500\r\n<font color=red>Bye</font> & <b>on\r\n";
        let second =
            client.put_text(&format!("{video}/en?kind=captions"), subrip).await.expect(StatusCode::OK);
        assert_eq!((&second["kind"], &second["name"]), (&json!("captions"), &json!("English")));
        client.put_text(&format!("{video}/pt-br"), HELLO).await.expect(StatusCode::CREATED);

        let listed = client.get(&video).await.expect(StatusCode::OK);
        let languages: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|captions| &captions["language"]).collect();
        assert_eq!(languages, ["en", "pt-BR"]);
        let written = "WEBVTT\n\n00:00:03.000 --> 00:00:04.500\nBye &amp; <b>on</b>\n";
        assert_eq!(client.get_text(&format!("{video}/en")).await, written);
        assert_eq!(client.fetch_text(text(&listed["items"][0]["url"])).await, written);

        let taken = client.call(Method::DELETE, &format!("{video}/eng"), None).await;
        assert_eq!(taken.status, StatusCode::NO_CONTENT);
        client.get(&format!("{video}/en")).await.expect_problem(404, "not_found");
        client.call(Method::DELETE, &format!("{video}/en"), None).await.expect_problem(404, "not_found");
        let listed = client.get(&video).await.expect(StatusCode::OK);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    }
}
