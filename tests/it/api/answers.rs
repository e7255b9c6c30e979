//! How answers look: compression, pages, headers, paging, titles.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{answer, text};

use crate::{home, homes};

#[tokio::test]
async fn text_over_one_kilobyte_is_compressed_and_small_answers_are_not() {
    let mut home = home();
    let server = home.serve().await;
    let origin = server.client.origin();
    for (accepted, expected) in [("br", "br"), ("gzip", "gzip"), ("br, gzip", "br")] {
        let large = server
            .client
            .http
            .get(format!("{origin}/openapi.json"))
            .header("accept-encoding", accepted)
            .send()
            .await
            .unwrap();
        assert_eq!(large.headers()["content-encoding"], expected);
        let small = server
            .client
            .http
            .get(format!("{origin}/health"))
            .header("accept-encoding", accepted)
            .send()
            .await
            .unwrap();
        assert!(!small.headers().contains_key("content-encoding"));
    }
}

#[tokio::test]
async fn pages_come_with_a_strict_policy_and_files_with_a_tag() {
    let mut home = home();
    let server = home.serve().await;
    let origin = server.client.origin();
    for path in ["/", "/index.html", "/watch/anything", "/sign-in-please"] {
        let page = server.client.http.get(format!("{origin}{path}")).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'self'") && policy.contains("http://127.0.0.1:"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        assert!(page.text().await.unwrap().contains("<script"), "{path}");
    }
    let script = format!("{origin}/assets/app.js");
    let first = server.client.http.get(&script).header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(first.headers()["content-encoding"], "br");
    assert!(first.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
    let tag = first.headers()["etag"].clone();
    let again = server
        .client
        .http
        .get(&script)
        .header("accept-encoding", "br")
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let missing = server.client.http.get(format!("{origin}/assets/none.js")).send().await.unwrap();
    answer(missing).await.expect_problem(404, "not_found");
    let wrong_method = server.client.http.delete(format!("{origin}/health")).send().await.unwrap();
    answer(wrong_method).await.expect_problem(405, "method_not_allowed");
    let bad_path = server.client.http.get(format!("{origin}/play/%ff/x")).send().await.unwrap();
    answer(bad_path).await.expect_problem(404, "not_found");
    let unknown = server.client.http.get(format!("{origin}/api/v2/videos")).send().await.unwrap();
    answer(unknown).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn pages_of_other_origins_may_load_player_and_uploader_and_no_other_file() {
    let mut home = home();
    let server = home.serve().await;
    let allowed = async |file: &str| {
        let address = format!("{}/assets/{file}", server.client.origin());
        let answer = server.client.http.get(address).header("origin", "https://shop.example").send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap().to_owned())
    };
    assert_eq!(allowed("player.js").await.as_deref(), Some("*"));
    assert_eq!(allowed("uploader.js").await.as_deref(), Some("*"));
    assert_eq!(allowed("app.js").await, None);
}

#[tokio::test]
async fn videos_have_details_and_are_found_by_them() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let client = &server.client;
        let mut ids = Vec::new();
        for title in ["beta.mp4", "Alpha.mp4", "gamma 100%.mp4"] {
            let upload = client.open_upload(title, 4).await.expect(StatusCode::CREATED);
            ids.push(text(&upload["video_id"]).to_owned());
        }
        let change =
            async |id: &str, body| client.call(Method::PATCH, &format!("videos/{id}"), Some(body)).await;
        let given = json!({
            "description": "  Two lines\r\nabout the SEA in LÜBECK  ", "tags": ["Summer", " 7\" reel, [2] ", "Summer"], "visibility": "unlisted",
        });
        let described = change(&ids[0], given).await.expect(StatusCode::OK);
        assert_eq!(described["title"], "beta", "what is left out stays");
        assert_eq!(described["description"], "Two lines\nabout the SEA in LÜBECK");
        assert_eq!(
            (&described["tags"], &described["visibility"]),
            (&json!(["Summer", "7\" reel, [2]"]), &json!("unlisted"))
        );
        let untouched = client.get(&format!("videos/{}", ids[1])).await.expect(StatusCode::OK);
        assert_eq!(
            (&untouched["description"], &untouched["tags"], &untouched["visibility"]),
            (&json!(""), &json!([]), &json!("private"))
        );

        for wrong in [json!(-1), json!(1e12), json!("4")] {
            let refused = change(&ids[0], json!({ "poster_s": wrong })).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        let moment = change(&ids[0], json!({ "poster_s": 4.5 })).await.expect(StatusCode::OK);
        assert_eq!(moment["poster_s"], 4.5);
        let kept = change(&ids[0], json!({ "title": "beta" })).await.expect(StatusCode::OK);
        assert_eq!(kept["poster_s"], 4.5, "what is left out stays");
        let own = change(&ids[0], json!({ "poster_s": null })).await.expect(StatusCode::OK);
        assert_eq!(own["poster_s"], Value::Null);

        let titles = async |query: &str| {
            let found = client.get(&format!("videos?{query}")).await.expect(StatusCode::OK);
            let items = found["items"].as_array().unwrap().iter();
            let titles = items.map(|video| text(&video["title"]).to_owned()).collect::<Vec<_>>();
            (titles.join(" "), found["next_cursor"].as_str().map(str::to_owned))
        };
        for (query, wanted) in [
            ("text=ALPHA", "Alpha"),
            ("text=the%20sea", "beta"),
            ("text=L%C3%9CBECK", "beta"),
            ("text=summer", "beta"),
            ("text=7%22%20reel,", "beta"),
            ("text=%5B2%5D", "beta"),
            ("text=%5B", ""),
            ("text=%22,%22", ""),
            ("text=100%25", "gamma 100%"),
            ("text=_", ""),
            ("status=ready", ""),
            ("status=pending_upload&sort=oldest", "beta Alpha gamma 100%"),
            ("sort=title", "Alpha beta gamma 100%"),
        ] {
            assert_eq!(titles(query).await.0, wanted, "{query}");
        }
        for sort in ["title", "oldest", "newest"] {
            let (mut all, mut cursor) = (Vec::new(), String::new());
            loop {
                let (title, next) = titles(&format!("sort={sort}&limit=1{cursor}")).await;
                all.push(title);
                let Some(next) = next else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(all.join(" "), titles(&format!("sort={sort}")).await.0, "{sort}, one by one");
        }

        for (body, code) in [
            (json!({ "description": "x".repeat(5001) }), "invalid_description"),
            (json!({ "description": "a\u{0}b" }), "invalid_description"),
            (json!({ "tags": [""] }), "invalid_tags"),
            (json!({ "tags": ["x".repeat(51)] }), "invalid_tags"),
            (json!({ "tags": (0..31).map(|tag| tag.to_string()).collect::<Vec<_>>() }), "invalid_tags"),
        ] {
            change(&ids[0], body).await.expect_problem(422, code);
        }
        assert!(change(&ids[0], json!({ "visibility": "everybody" })).await.status.is_client_error());
        client.get("videos?status=done").await.expect_problem(422, "invalid_status");
        assert!(client.get("videos?sort=random").await.status.is_client_error());
        client.get(&format!("videos?text={}", "x".repeat(201))).await.expect_problem(422, "invalid_text");
        assert!(server.stop().success());
    }
}

#[tokio::test]
async fn videos_are_listed_newest_first_page_by_page_and_can_be_renamed() {
    let mut home = home();
    let server = home.serve().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let upload =
            server.client.open_upload(&format!("clip {number}.mp4"), 4).await.expect(StatusCode::CREATED);
        ids.push(text(&upload["video_id"]).to_owned());
    }
    let first = server.client.get("videos?limit=2").await.expect(StatusCode::OK);
    let titles: Vec<&str> =
        first["items"].as_array().unwrap().iter().map(|video| text(&video["title"])).collect();
    assert_eq!(titles, ["clip 2", "clip 1"]);
    let cursor = text(&first["next_cursor"]);
    let second = server.client.get(&format!("videos?limit=2&cursor={cursor}")).await.expect(StatusCode::OK);
    assert_eq!((&second["items"][0]["title"], &second["next_cursor"]), (&json!("clip 0"), &json!(null)));
    server.client.get("videos?cursor=nonsense").await.expect_problem(422, "invalid_cursor");
    for limit in ["0", "101", "-1", "x"] {
        let refused = server.client.get(&format!("videos?limit={limit}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{limit}");
    }

    let path = format!("videos/{}", ids[0]);
    let renamed = server
        .client
        .call(Method::PATCH, &path, Some(json!({ "title": "  Am See 🌊 " })))
        .await
        .expect(StatusCode::OK);
    assert_eq!(renamed["title"], "Am See 🌊");
    let refused = server.client.call(Method::PATCH, &path, Some(json!({ "title": "" }))).await;
    refused.expect_problem(422, "invalid_title");
    let pending = server.client.get(&path).await.expect(StatusCode::OK);
    for (field, value) in [
        ("status", json!("pending_upload")),
        ("playable", json!(false)),
        ("progress", json!(0.0)),
        ("failure", json!(null)),
        ("playback", json!(null)),
        ("duration_s", json!(null)),
    ] {
        assert_eq!(pending[field], value, "{field}");
    }
}
