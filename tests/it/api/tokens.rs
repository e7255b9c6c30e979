//! Keys for programs and people, and what they are good for.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, answer, text};

use crate::{home, homes};

fn with_token(client: &Client, token: &Value) -> Client {
    Client::new(&format!("{}/api/v1", client.origin()), text(token).to_owned())
}

#[tokio::test]
async fn a_token_for_looking_sees_everything_and_changes_nothing() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let all = &server.client;
        let upload = all.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
        let (upload_id, video_id) = (text(&upload["id"]), text(&upload["video_id"]));
        let made = all.post("tokens", json!({ "name": " the screen in the hall ", "scope": "read" })).await;
        let viewer = with_token(all, &made.expect(StatusCode::CREATED)["token"]);

        let session = viewer.get("session").await.expect(StatusCode::OK);
        assert_eq!(session["scope"], "read");
        for path in ["videos", "queues", "storage", "system", "tokens", &format!("videos/{video_id}")] {
            viewer.get(path).await.expect(StatusCode::OK);
        }
        for (method, path, body) in [
            (
                Method::POST,
                "uploads".to_owned(),
                json!({ "filename": "a.mp4", "size": 4, "content_type": "video/mp4" }),
            ),
            (Method::POST, "upload-tokens".to_owned(), json!({})),
            (Method::POST, "tokens".to_owned(), json!({ "name": "more" })),
            (Method::PATCH, format!("videos/{video_id}"), json!({ "title": "mine" })),
            (Method::DELETE, format!("videos/{video_id}"), Value::Null),
            (Method::POST, "queues/video-processing/pause".to_owned(), json!({})),
        ] {
            viewer.call(method, &path, Some(body)).await.expect_problem(403, "read_only");
        }
        // Its answer would hold an address that takes bytes.
        viewer.get(&format!("uploads/{upload_id}")).await.expect_problem(403, "read_only");

        let listed = all.get("tokens").await.expect(StatusCode::OK);
        let items = listed["items"].as_array().unwrap();
        let (first, second) = (&items[0], &items[1]);
        assert_eq!((&first["name"], &first["scope"]), (&json!("first"), &json!("full")));
        assert_eq!((&second["name"], &second["scope"]), (&json!("the screen in the hall"), &json!("read")));
        assert!(!listed.to_string().contains("telecine_"), "no token is shown twice: {listed}");

        let path = format!("tokens/{}", text(&second["id"]));
        assert_eq!(all.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
        viewer.get("videos").await.expect_problem(401, "unauthorized");
        all.call(Method::DELETE, &path, None).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_browser_that_signed_in_with_a_token_for_looking_may_change_nothing_but_sign_out() {
    let mut home = home();
    let server = home.serve().await;
    let (client, origin) = (&server.client, server.client.origin());
    let made =
        client.post("tokens", json!({ "name": "screen", "scope": "read" })).await.expect(StatusCode::CREATED);
    let request = |method: Method, path: &str| {
        client.http.request(method, format!("{origin}/api/v1/{path}")).header("origin", &origin)
    };
    let signed_in =
        request(Method::POST, "session").json(&json!({ "token": made["token"] })).send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let pause = request(Method::POST, "queues/video-processing/pause").header("cookie", &cookie).send().await;
    answer(pause.unwrap()).await.expect_problem(403, "read_only");
    let out = request(Method::DELETE, "session").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn tokens_with_strange_names_or_scopes_are_refused() {
    let mut home = home();
    let server = home.serve().await;
    for (body, code) in [
        (json!({ "name": " " }), "invalid_name"),
        (json!({ "name": "x".repeat(101) }), "invalid_name"),
        (json!({ "name": "a\nb" }), "invalid_name"),
        (json!({ "name": "a", "scope": "root" }), "invalid_scope"),
        (json!({ "name": "a", "scopes": [] }), "invalid_body"),
    ] {
        server.client.post("tokens", body).await.expect_problem(422, code);
    }
}
