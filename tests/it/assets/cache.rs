//! The media cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::origin::{Origin, Received, Reply};
use telecine_tests::server::Home;

use super::{picture, probed};
use crate::{eventually_async, homes};

/// A server that has the same film under every path, and says that it is a page.
async fn film_server() -> Origin {
    let film = Bytes::from(std::fs::read(telecine_tests::media::file("one_frame.mp4")).unwrap());
    Origin::start(move |_: Received| {
        let reply = Reply::ok(film.clone()).header("content-type", "text/html").header("etag", "\"1\"");
        std::future::ready(reply)
    })
    .await
}

fn allow(home: &mut Home, origin: &Origin) {
    home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
}

async fn add(client: &Client, urls: &[String]) -> Vec<Value> {
    let added = client.post("cache-assets", json!({ "urls": urls })).await.expect(StatusCode::ACCEPTED);
    added["items"].as_array().unwrap().clone()
}

/// The asset once it is cached or has failed.
async fn ended(client: &Client, id: &str) -> Value {
    let is_ended = |asset: &Value| matches!(asset["status"].as_str(), Some("CACHED" | "FAILED"));
    client.watch(&format!("cache-assets/{id}"), is_ended).await
}

async fn url_of(client: &Client, id: &str) -> String {
    let named = client.get(&format!("cache-assets/{id}/url")).await.expect(StatusCode::OK);
    text(&named["url"]).to_owned()
}

#[tokio::test]
async fn an_address_has_an_id_at_once_and_leads_to_storage_when_the_file_is_there() {
    for (mut home, _postgres) in homes() {
        let origin = film_server().await;
        allow(&mut home, &origin);
        let server = home.serve().await;
        let client = &server.client;
        let url = origin.at("/film.mp4?token=1").to_string();
        let added = client.post("cache-assets", json!({ "url": url })).await.expect(StatusCode::ACCEPTED);
        let id = text(&added["items"][0]["id"]).to_owned();
        assert_eq!(added["items"][0]["status"], "PENDING");
        let asset = ended(client, &id).await;
        assert_eq!(
            (&asset["status"], &asset["content_type"]),
            (&json!("CACHED"), &json!("video/mp4")),
            "{asset}"
        );
        let cached = url_of(client, &id).await;
        assert!(!cached.starts_with(origin.url.as_str()), "{cached}");
        let response = client.http.get(&cached).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "video/mp4", "as its bytes say");
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        let bytes = response.bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, asset["size"].as_u64().unwrap());
        // The same address, in however many spellings, is the same asset.
        let again = add(client, &[format!("{url}#second"), url.clone()]).await;
        assert!(again.iter().all(|asset| asset["id"] == json!(id)), "{again:?}");
        assert_eq!(origin.received().len(), 1);
        // Equal bytes at other addresses share the object.
        let others: Vec<String> = (1..=3).map(|n| origin.at(&format!("/copy-{n}")).to_string()).collect();
        for other in add(client, &others).await {
            let other = ended(client, text(&other["id"])).await;
            assert_eq!((&other["status"], &other["sha256"]), (&json!("CACHED"), &asset["sha256"]));
        }
        let stats = client.get("cache-assets/stats").await.expect(StatusCode::OK);
        assert_eq!((&stats["cached"], &stats["total"], &stats["objects"]), (&json!(4), &json!(4), &json!(1)));
        assert_eq!(stats["bytes"], asset["size"]);
        // The object goes with the last of them.
        let page = client.get("cache-assets?status=CACHED").await.expect(StatusCode::OK);
        for asset in page["items"].as_array().unwrap() {
            assert_eq!(client.http.get(&cached).send().await.unwrap().status(), StatusCode::OK);
            let path = format!("cache-assets/{}", text(&asset["id"]));
            client.call(Method::DELETE, &path, None).await.expect(StatusCode::NO_CONTENT);
        }
        let is_gone =
            async || client.http.get(&cached).send().await.unwrap().status() == StatusCode::NOT_FOUND;
        assert!(eventually_async(is_gone).await);
        client.get(&format!("cache-assets/{id}")).await.expect_problem(404, "not_found");
        assert!(server.stop().success());
        let report = home.reconcile(&[]);
        assert_eq!((&report["objects"], &report["findings"]), (&json!(0), &json!([])));
    }
}

#[tokio::test]
async fn what_cannot_be_had_says_why_and_keeps_its_original_address() {
    for (mut home, _postgres) in homes() {
        let photo = picture(&home, "photo.jpg", "320x240");
        let (is_mended, busy) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (mended, asked) = (is_mended.clone(), busy.clone());
        let origin = Origin::start(move |request: Received| {
            let (photo, is_mended, asked) = (photo.clone(), mended.load(Ordering::SeqCst) > 0, asked.clone());
            async move {
                match request.path.as_str() {
                    "/busy.jpg" if asked.fetch_add(1, Ordering::SeqCst) == 0 => {
                        Reply::new(429, "").header("retry-after", "3")
                    }
                    "/busy.jpg" => Reply::ok(photo),
                    _ if is_mended => Reply::ok(photo),
                    "/gone.jpg" => Reply::new(404, ""),
                    "/page.jpg" => Reply::ok("<!DOCTYPE html><script>alert(1)</script>"),
                    "/drawing.svg" => Reply::ok("<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>"),
                    "/empty.jpg" => Reply::ok(""),
                    _ => Reply::redirect("http://169.254.169.254/latest/meta-data/"),
                }
            }
        })
        .await;
        allow(&mut home, &origin);
        let server = home.serve().await;
        let client = &server.client;
        let expected = [
            ("/gone.jpg", "remote_refused"),
            ("/page.jpg", "not_media"),
            ("/drawing.svg", "not_media"),
            ("/empty.jpg", "empty_file"),
            ("/redirect", "private_address"),
        ];
        let urls: Vec<String> = expected.iter().map(|(path, _)| origin.at(path).to_string()).collect();
        let added = add(client, &urls).await;
        for ((asset, (path, code)), url) in added.iter().zip(expected).zip(&urls) {
            let id = text(&asset["id"]);
            let failed = ended(client, id).await;
            assert_eq!(
                (&failed["status"], &failed["failure"]["code"]),
                (&json!("FAILED"), &json!(code)),
                "{path}"
            );
            assert!(text(&failed["failure"]["message"]).ends_with('.'), "{failed}");
            assert_eq!(url_of(client, id).await, *url, "the original address");
        }
        // A server that asks to be left alone for three seconds is.
        let busy_at = std::time::Instant::now();
        let asset = &add(client, &[origin.at("/busy.jpg").to_string()]).await[0];
        assert_eq!(ended(client, text(&asset["id"])).await["status"], "CACHED");
        assert!(busy_at.elapsed().as_secs_f64() >= 3.0 && busy.load(Ordering::SeqCst) == 2);
        is_mended.store(1, Ordering::SeqCst);
        let retried = client.post("cache-assets/retry-failed", json!({})).await.expect(StatusCode::ACCEPTED);
        assert_eq!(retried["retried"], 5);
        for asset in &added {
            assert_eq!(ended(client, text(&asset["id"])).await["status"], "CACHED");
        }
        let stats = client.get("cache-assets/stats").await.expect(StatusCode::OK);
        assert_eq!(
            (&stats["cached"], &stats["failed"], &stats["objects"]),
            (&json!(6), &json!(0), &json!(1))
        );
        // All of a list or nothing, and the one that is wrong is named.
        let mixed = json!({ "urls": [origin.at("/new.jpg"), "file:///etc/passwd"] });
        client.post("cache-assets", mixed).await.expect_problem(422, "invalid_urls");
        for wrong in [
            json!({}),
            json!({ "urls": [] }),
            json!({ "url": "https://a.example/", "video": "https://a.example/" }),
        ] {
            assert_eq!(client.post("cache-assets", wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let all = client.get("cache-assets").await.expect(StatusCode::OK);
        assert_eq!(all["items"].as_array().unwrap().len(), 6);
    }
}

#[tokio::test]
async fn a_post_is_cached_part_by_part_and_names_stand_for_addresses() {
    let mut home = crate::home();
    let (film, photo) = (
        Bytes::from(std::fs::read(telecine_tests::media::file("one_frame.mp4")).unwrap()),
        picture(&home, "photo.jpg", "1920x1080"),
    );
    let origin = Origin::start(move |request: Received| {
        let body = if request.path.ends_with(".mp4") { film.clone() } else { photo.clone() };
        std::future::ready(Reply::ok(body))
    })
    .await;
    allow(&mut home, &origin);
    let server = home.serve().await;
    let client = &server.client;
    let post = json!({
        "video": origin.at("/v.mp4"), "cover": origin.at("/c.jpg"), "avatar": origin.at("/a.jpg"),
        "images": [
            { "url": origin.at("/1.jpg"), "width": 1080, "height": 1920 },
            { "url": origin.at("/2.jpg"), "width": null, "height": null },
        ],
        "optimize": true,
    });
    let ids = client.post("cache-assets", post).await.expect(StatusCode::ACCEPTED);
    assert_eq!(ids["music"], Value::Null);
    let cover = ended(client, text(&ids["cover"])).await;
    assert_eq!((&cover["content_type"], &cover["width"]), (&json!("image/webp"), &json!(1280)), "{cover}");
    let bytes = client.fetch(&url_of(client, text(&ids["cover"])).await).await;
    assert_eq!(probed(home.folder(), &bytes), "webp,1280,720");
    let video = ended(client, text(&ids["video"])).await;
    assert_eq!(video["content_type"], "video/mp4", "films are taken as they are");
    let first = ended(client, text(&ids["images"][0])).await;
    assert_eq!(first["sha256"], cover["sha256"], "equal pictures are equal when they are smaller, too");
    // Many at once; names that are no ids are keys of objects from before, or addresses.
    let unknown = "0190b5c4-5d3b-7aaa-8bbb-000000000000";
    let wanted = json!({
        "ids": [ids["video"], "old-bucket/pictures/1.jpg", "https://media.example/kept.jpg", unknown, "videos/x/source"],
        "original_urls": [null, null, null, "https://media.example/original.jpg"],
    });
    let found = client.post("cache-assets/urls", wanted).await.expect(StatusCode::OK);
    let found: Vec<(Option<&str>, Option<&str>)> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|named| (named["url"].as_str(), named["status"].as_str()))
        .collect();
    assert_eq!(found[0].1, Some("CACHED"));
    assert!(found[1].0.is_some_and(|url| url.contains("/old-bucket/pictures/1.jpg?")), "{found:?}");
    assert_eq!(found[2], (Some("https://media.example/kept.jpg"), None));
    assert_eq!(found[3], (Some("https://media.example/original.jpg"), None));
    assert_eq!(found[4], (None, None), "what is ours has its own ways in");
    client.get(&format!("cache-assets/{unknown}/url")).await.expect_problem(404, "not_found");
    client.post("cache-assets/urls", json!({ "ids": [] })).await.expect_problem(422, "invalid_ids");
}

#[tokio::test]
async fn a_file_is_asked_for_again_and_sent_only_if_it_has_changed() {
    for (mut home, _postgres) in homes() {
        let (before, after) = (picture(&home, "1.jpg", "320x240"), picture(&home, "2.jpg", "640x480"));
        let has_changed = Arc::new(AtomicUsize::new(0));
        let changed = has_changed.clone();
        let origin = Origin::start(move |request: Received| {
            let (body, etag) = match changed.load(Ordering::SeqCst) {
                0 => (before.clone(), "\"one\""),
                _ => (after.clone(), "\"two\""),
            };
            let is_known = request.head.contains(&format!("if-none-match: {etag}"));
            let reply = if is_known { Reply::new(304, "") } else { Reply::ok(body) };
            std::future::ready(reply.header("etag", etag))
        })
        .await;
        allow(&mut home, &origin);
        let server = home.serve().await;
        let client = &server.client;
        let id = text(&add(client, &[origin.at("/1.jpg").to_string()]).await[0]["id"]).to_owned();
        let first = ended(client, &id).await;
        let path = format!("cache-assets/{id}");
        let refresh = async || {
            let checked = client.get(&path).await.expect(StatusCode::OK)["checked_at"].clone();
            let again = client.post(&format!("{path}/refresh"), json!({})).await.expect(StatusCode::ACCEPTED);
            assert_eq!(again["status"], "CACHED", "what is here stays until then");
            client.watch(&path, |asset| asset["checked_at"] != checked).await
        };
        let same = refresh().await;
        assert_eq!((&same["status"], &same["sha256"]), (&json!("CACHED"), &first["sha256"]));
        let old = url_of(client, &id).await;
        has_changed.store(1, Ordering::SeqCst);
        let new = refresh().await;
        assert!(new["sha256"] != first["sha256"] && new["size"] != first["size"], "{new}");
        assert_ne!(url_of(client, &id).await, old);
        assert_eq!(
            client.http.get(&old).send().await.unwrap().status(),
            StatusCode::OK,
            "who has it, has it"
        );
        assert_eq!(client.do_later_jobs("cleanup", "delete-batch").await, 1);
        let is_gone = async || client.http.get(&old).send().await.unwrap().status() == StatusCode::NOT_FOUND;
        assert!(eventually_async(is_gone).await);
        let statuses = origin.received().len();
        assert_eq!(statuses, 3);
    }
}

#[tokio::test]
async fn files_unused_for_longest_make_room_and_come_back_when_somebody_wants_them() {
    for (mut home, _postgres) in homes() {
        let film = Bytes::from(std::fs::read(telecine_tests::media::file("one_frame.mp4")).unwrap());
        let size = film.len();
        let origin = Origin::start(move |request: Received| {
            // Every path has bytes of its own.
            let mut body = film.to_vec();
            body.extend_from_slice(request.path.as_bytes());
            std::future::ready(Reply::ok(body))
        })
        .await;
        allow(&mut home, &origin);
        // Room for two and a half.
        home.set("CACHE_MAX_FILE_BYTES", &(size + 100).to_string());
        home.set("CACHE_BUDGET_BYTES", &(size * 5 / 2).to_string());
        let server = home.serve().await;
        let client = &server.client;
        let mut ids = Vec::new();
        for n in 1..=3 {
            let id = text(&add(client, &[origin.at(&format!("/{n}")).to_string()]).await[0]["id"]).to_owned();
            ended(client, &id).await;
            ids.push(id);
        }
        let first = format!("cache-assets/{}", ids[0]);
        let given_up = client.watch(&first, |asset| asset["evicted"] == true).await;
        assert_eq!(given_up["status"], "PENDING");
        let stats = client.get("cache-assets/stats").await.expect(StatusCode::OK);
        assert_eq!((&stats["objects"], &stats["cached"]), (&json!(2), &json!(2)), "{stats}");
        assert_eq!(url_of(client, &ids[0]).await, origin.at("/1").to_string());
        let back = client.watch(&first, |asset| asset["status"] == "CACHED").await;
        assert_eq!(back["evicted"], false);
        // Another one had to go for it.
        let second = format!("cache-assets/{}", ids[1]);
        client.watch(&second, |asset| asset["evicted"] == true).await;
        assert!(server.stop().success());
        assert_eq!(home.reconcile(&[])["findings"], json!([]));
    }
}

#[tokio::test]
async fn a_clean_up_tells_first_what_it_would_remove() {
    for (mut home, _postgres) in homes() {
        let origin = film_server().await;
        allow(&mut home, &origin);
        let server = home.serve().await;
        let client = &server.client;
        let id = text(&add(client, &[origin.at("/1").to_string()]).await[0]["id"]).to_owned();
        ended(client, &id).await;
        let clean_up =
            async |query: &str| client.post(&format!("cache-assets/cleanup?{query}"), json!({})).await;
        let would = clean_up("older_than_days=30&dry_run=true").await.expect(StatusCode::OK);
        assert_eq!(would, json!({ "assets": 0, "bytes": 0, "dry_run": true }));
        clean_up("older_than_days=0").await.expect_problem(422, "invalid_days");
        assert_eq!(client.get("cache-assets/stats").await.expect(StatusCode::OK)["total"], 1);
        assert!(server.stop().success());
        // Two months later.
        let db = telecine_db::Db::connect(&home.database_url().into()).await.unwrap();
        let tx = db.begin().await.unwrap();
        sea_orm::ConnectionTrait::execute_unprepared(tx.conn(), "UPDATE cache_assets SET used_at = 1")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        let server = home.serve().await;
        let client = &server.client;
        let clean_up =
            async |query: &str| client.post(&format!("cache-assets/cleanup?{query}"), json!({})).await;
        let would = clean_up("dry_run=true").await.expect(StatusCode::OK);
        assert!(would["assets"] == 1 && would["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{would}");
        let done = clean_up("older_than_days=30").await.expect(StatusCode::OK);
        assert_eq!((&done["assets"], &done["bytes"]), (&would["assets"], &would["bytes"]));
        assert_eq!(client.get("cache-assets/stats").await.expect(StatusCode::OK)["total"], 0);
        client.watch("storage", |storage| storage["objects"] == 0).await;
        assert!(server.stop().success());
        assert_eq!(home.reconcile(&[])["objects"], 0);
    }
}
