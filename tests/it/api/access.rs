//! Who gets in.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::answer;

use crate::home;

/// The routes that need no token, each with a reason in `api/src/routes/mod.rs`.
const OPEN: [&str; 14] = [
    "/health",
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/api/v1/session",
    "/sign-in",
    "/play/{token}/{*name}",
    // They show what is not private; `watch.rs` tries the rest.
    "/api/v1/watch/{id}",
    "/api/v1/oembed",
    "/watch/{id}",
    "/watch/{id}/poster",
    "/embed/{id}",
    // Whoever has the address of a picture may see it.
    "/images/{id}/{variant}",
    // It asks for a token of its own; `storage_events.rs` tries others.
    "/api/v1/storage-events",
];

#[tokio::test]
async fn every_described_route_is_closed_unless_it_is_meant_to_be_open() {
    let mut home = home();
    let server = home.serve().await;
    let origin = server.client.origin();
    let described: Value =
        server.client.http.get(format!("{origin}/openapi.json")).send().await.unwrap().json().await.unwrap();
    let mut checked = 0;
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            // The token is in the address; `uppy.rs` tries others.
            if path.starts_with("/uppy/{token}/s3/") {
                continue;
            }
            if OPEN.contains(&path.as_str()) && !(path == "/api/v1/session" && method != "post") {
                continue;
            }
            let address = format!(
                "{origin}{}",
                path.replace("{id}", "01900000-0000-7000-8000-000000000000").replace("{lang}", "en")
            );
            let method: Method = method.to_uppercase().parse().unwrap();
            for token in [None, Some("telecine_wrong"), Some("")] {
                let mut request = server.client.http.request(method.clone(), &address);
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                answer(request.send().await.unwrap()).await.expect_problem(401, "unauthorized");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 69, "a new route is closed, and counted here");
}

#[tokio::test]
async fn the_printed_link_signs_a_browser_in_with_a_cookie_that_scripts_cannot_read() {
    let mut home = home();
    let server = home.serve().await;
    let origin = server.client.origin();
    let http = &server.client.http;
    let link = http.get(server.page.clone()).send().await.unwrap();
    assert_eq!((link.status(), link.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/"));
    let cookie = link.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = cookie.split(';').next().unwrap();
    let videos = format!("{origin}/api/v1/videos");
    let listed = http.get(&videos).header("cookie", session).send().await.unwrap();
    assert_eq!(listed.status(), StatusCode::OK);

    // Another site's page can make the browser send the cookie, but not hide where it is.
    let upload = json!({ "filename": "a.mp4", "size": 1, "content_type": "video/mp4" });
    let uploads = format!("{origin}/api/v1/uploads");
    for foreign in [Some("https://evil.example"), Some("null"), None] {
        let mut request = http.post(&uploads).header("cookie", session).json(&upload);
        if let Some(foreign) = foreign {
            request = request.header("origin", foreign);
        }
        answer(request.send().await.unwrap()).await.expect_problem(403, "cross_site_request");
    }
    let own = http
        .post(&uploads)
        .header("cookie", session)
        .header("origin", &origin)
        .json(&upload)
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), StatusCode::CREATED);

    let behind_basic =
        http.get(&videos).header("cookie", session).basic_auth("proxy", Some("x")).send().await.unwrap();
    assert_eq!(behind_basic.status(), StatusCode::OK, "another scheme is for a proxy in front");

    let altered = session.replace('.', ".1");
    let refused = http.get(&videos).header("cookie", altered).send().await.unwrap();
    answer(refused).await.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_link_with_a_forged_code_signs_nobody_in_and_leads_nowhere_else() {
    let mut home = home();
    let server = home.serve().await;
    let mut forged = server.page.clone();
    forged.set_query(Some("code=abc.99999999999.def&next=//evil.example/"));
    let answer = server.client.http.get(forged).send().await.unwrap();
    assert_eq!(answer.headers()["location"].to_str().unwrap(), "/");
    assert!(!answer.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn a_token_signs_a_browser_in_and_out() {
    let mut home = home();
    let server = home.serve().await;
    let origin = server.client.origin();
    let session = format!("{origin}/api/v1/session");
    let post = |token: &str| {
        server.client.http.post(&session).header("origin", &origin).json(&json!({ "token": token })).send()
    };
    answer(post("telecine_wrong").await.unwrap()).await.expect_problem(401, "unauthorized");
    let signed_in = post(server.client.token()).await.unwrap();
    assert_eq!(signed_in.status(), StatusCode::NO_CONTENT);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let read = server.client.http.get(&session).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(answer(read).await.json, json!({ "signed_in": true, "scope": "full" }));

    let made =
        home.command(&["token", "create", "--name", "guest"]).stdout(std::process::Stdio::piped()).output();
    let guest = String::from_utf8(made.unwrap().stdout).unwrap().trim().to_owned();
    let guest_cookie = post(&guest).await.unwrap().headers()["set-cookie"].to_str().unwrap().to_owned();
    let listed = home.command(&["token", "list"]).stdout(std::process::Stdio::piped()).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let hash =
        listed.lines().find(|line| line.ends_with("guest")).unwrap().split(' ').next().unwrap().to_owned();
    assert!(home.command(&["token", "revoke", &hash]).status().unwrap().success());
    let guest_cookie = guest_cookie.split(';').next().unwrap().to_owned();
    let revoked = server.client.http.get(&session).header("cookie", guest_cookie).send().await.unwrap();
    answer(revoked).await.expect_problem(401, "unauthorized");
    let out = server
        .client
        .http
        .delete(&session)
        .header("cookie", &cookie)
        .header("origin", &origin)
        .send()
        .await
        .unwrap();
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn the_token_is_shown_at_the_first_start_only_and_never_logged() {
    let mut home = home();
    home.set("LOG_LEVEL", "debug");
    let server = home.serve().await;
    let token = server.client.token().to_owned();
    let video_id = server.client.upload(&telecine_tests::media::file("one_frame.mp4")).await;
    server.client.finished(&video_id).await;
    assert!(server.stop().success());
    assert!(!home.log().contains("X-Amz-Signature"), "no presigned address is logged");
    let again = home
        .command(&["serve", "--json"])
        .env("PORT", "0")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut again = telecine_tests::child::OwnedChild(again);
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(again.0.stdout.take().unwrap()), &mut line)
        .unwrap();
    assert!(line.contains("\"token\":null"), "{line}");
    again.terminate();
    assert!(!home.log().contains(&token));
}
