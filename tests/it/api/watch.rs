//! Videos for people who are not signed in.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, answer, text};
use telecine_tests::media;

use crate::home;

/// A title that would be a tag if somebody forgot to escape it.
const TITLE: &str = "Tom & <script>alert('\"Jerry\"')</script>";

async fn get(client: &Client, address: &str) -> Response {
    client.http.get(address).send().await.expect("the server answers")
}

async fn share(client: &Client, id: &str, visibility: &str) -> Value {
    let wish = json!({ "title": TITLE, "description": "A cat\nand a mouse", "visibility": visibility });
    client.call(Method::PATCH, &format!("videos/{id}"), Some(wish)).await.expect(StatusCode::OK)
}

#[tokio::test]
async fn a_private_video_is_shown_to_those_who_have_its_signed_address_and_to_nobody_else() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let ids = [
        client.upload(&media::file("one_frame.mp4")).await,
        client.upload(&media::file("one_frame.mp4")).await,
    ];
    let mut tokens = Vec::new();
    for id in &ids {
        let links = client.finished(id).await["links"].clone();
        let (watch, token) = text(&links["watch"]).split_once("?token=").expect("it is signed");
        assert_eq!(watch, format!("{}/watch/{id}", client.origin()));
        assert_eq!(text(&links["embed"]), format!("{}/embed/{id}?token={token}", client.origin()));
        tokens.push(token.to_owned());
    }
    let origin = client.origin();
    let id = &ids[0];
    let altered = format!("{}x", tokens[0]);
    for wrong in ["", "?token=", &format!("?token={}", tokens[1]), &format!("?token={altered}")] {
        let api = answer(get(client, &format!("{origin}/api/v1/watch/{id}{wrong}")).await).await;
        api.expect_problem(404, "not_found");
        let poster = answer(get(client, &format!("{origin}/watch/{id}/poster{wrong}")).await).await;
        poster.expect_problem(404, "not_found");
        let mut oembed = url::Url::parse(&format!("{origin}/api/v1/oembed")).unwrap();
        oembed.query_pairs_mut().append_pair("url", &format!("{origin}/watch/{id}{wrong}"));
        answer(get(client, oembed.as_str()).await).await.expect_problem(404, "not_found");
        let embed = get(client, &format!("{origin}/embed/{id}{wrong}")).await;
        assert_eq!(embed.status(), StatusCode::NOT_FOUND);
        assert!(!embed.text().await.unwrap().contains("one_frame"), "{wrong}");
        let page = get(client, &format!("{origin}/watch/{id}{wrong}")).await;
        assert_eq!(page.status(), StatusCode::OK, "the page says so itself");
        assert!(!page.text().await.unwrap().contains("one_frame"), "{wrong}");
    }
    let right = format!("?token={}", tokens[0]);
    let watched = get(client, &format!("{origin}/api/v1/watch/{id}{right}")).await;
    assert_eq!(watched.headers()["access-control-allow-origin"], "*");
    let watched = answer(watched).await.expect(StatusCode::OK);
    assert_eq!((text(&watched["title"]), &watched["complete"]), ("one_frame", &json!(true)));
    // Who plays holds a token for playlists; it does not open the pages, or the address would never expire.
    let for_playlists = text(&watched["playback"]["manifest"]).split('/').nth(4).expect("a token").to_owned();
    let renewed = get(client, &format!("{origin}/api/v1/watch/{id}?token={for_playlists}")).await;
    assert_eq!(renewed.status(), StatusCode::NOT_FOUND);
    let manifest = client.fetch_text(text(&watched["playback"]["manifest"])).await;
    assert!(manifest.contains("\"complete\":true"), "{manifest}");
    let page = get(client, &format!("{origin}/watch/{id}{right}")).await.text().await.unwrap();
    assert!(page.contains("<title>one_frame</title>") && page.contains("noindex"), "{page}");
    assert!(
        page.contains(&format!("/embed/{id}{right}\"")),
        "the token that was shown, and no fresh one: {page}"
    );
    let embed = get(client, &format!("{origin}/embed/{id}{right}")).await;
    assert_eq!(embed.status(), StatusCode::OK);

    client.call(Method::DELETE, &format!("videos/{id}"), None).await;
    let gone = get(client, &format!("{origin}/embed/{id}{right}")).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND, "a signed address is no copy");
}

#[tokio::test]
async fn an_unlisted_video_can_be_embedded_on_every_page_and_taken_back() {
    let mut home = home();
    let server = home.serve().await;
    let client = &server.client;
    let id = client.upload(&media::file("one_frame.mp4")).await;
    client.finished(&id).await;
    let (watch, embed) =
        (format!("{}/watch/{id}", client.origin()), format!("{}/embed/{id}", client.origin()));
    let shared = share(client, &id, "unlisted").await;
    assert_eq!(shared["links"], json!({ "watch": watch, "embed": embed }), "no signature is needed");

    let frame = get(client, &embed).await;
    let policy = frame.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("frame-ancestors *") && policy.contains("script-src 'self'"), "{policy}");
    assert_eq!(frame.headers()["cache-control"], "no-store", "it holds signed addresses");
    let frame = frame.text().await.unwrap();
    assert!(frame.contains("<telecine-player src=\"http") && !frame.contains("<script>alert"), "{frame}");

    let page = get(client, &watch).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'self'"), "only the embed may be framed: {policy}");
    let page = page.text().await.unwrap();
    let title = "Tom &amp; &lt;script&gt;alert('&quot;Jerry&quot;')&lt;/script&gt;";
    for part in [
        format!("<title>{title}</title>"),
        format!("<meta property=\"og:title\" content=\"{title}\">"),
        "<meta property=\"og:description\" content=\"A cat\nand a mouse\">".to_owned(),
        format!("<meta property=\"og:image\" content=\"{watch}/poster\">"),
        format!("<meta property=\"og:video:url\" content=\"{embed}\">"),
        "<meta name=\"robots\" content=\"noindex\">".to_owned(),
        "<div id=\"app\"></div>".to_owned(),
    ] {
        assert!(page.contains(&part), "{part} in {page}");
    }
    assert!(!page.contains("<script>alert"), "{page}");

    let discovered = page.split("application/json+oembed\" href=\"").nth(1).expect("a link");
    let oembed = discovered.split('"').next().unwrap().replace("&amp;", "&");
    let body = answer(get(client, &format!("{oembed}&maxwidth=320&format=json")).await).await;
    let body = body.expect(StatusCode::OK);
    let (width, height) = (body["width"].as_u64().unwrap(), body["height"].as_u64().unwrap());
    assert_eq!((&body["type"], &body["version"], width), (&json!("video"), &json!("1.0"), 320));
    assert_eq!(body["title"], TITLE);
    assert!(
        text(&body["html"])
            .starts_with(&format!("<iframe src=\"{embed}\" width=\"320\" height=\"{height}\"")),
        "{body}"
    );
    answer(get(client, &format!("{oembed}&format=xml")).await)
        .await
        .expect_problem(501, "format_not_offered");

    let poster = get(client, text(&body["thumbnail_url"])).await;
    assert_eq!(poster.status(), StatusCode::FOUND);
    let picture = client.fetch(poster.headers()["location"].to_str().unwrap()).await;
    assert!(picture.starts_with(b"\xff\xd8\xff"), "a JPEG");

    share(client, &id, "public").await;
    let listed = get(client, &watch).await.text().await.unwrap();
    assert!(!listed.contains("noindex"), "search engines may list a public video");
    share(client, &id, "private").await;
    for address in [&embed, &format!("{}/api/v1/watch/{id}", client.origin())] {
        assert_eq!(get(client, address).await.status(), StatusCode::NOT_FOUND, "{address}");
    }
}
