//! Movies, and the import of their episodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Client, text};
use telecine_tests::events::EventStream;
use telecine_tests::origin::{Origin, Received, Reply};

use super::{picture, probed};
use crate::{eventually_async, homes};

fn episode(origin: &Origin, number: usize) -> Value {
    json!({
        "episodeNumber": number,
        "title": format!("Part {number}"),
        "thumbnailUrl": origin.at(&format!("/{number}.jpg")),
        "videoPreviewUrl": origin.at(&format!("/{number}.mp4")),
    })
}

async fn import(client: &Client, movie: &str, episodes: &[Value]) -> Vec<Value> {
    let answer = client.post(&format!("movies/{movie}/episodes/import"), json!(episodes)).await;
    answer.expect(StatusCode::ACCEPTED)["items"].as_array().unwrap().clone()
}

async fn new_movie(client: &Client) -> String {
    let movie = client.post("movies", json!({ "title": "The Film" })).await.expect(StatusCode::CREATED);
    text(&movie["id"]).to_owned()
}

#[tokio::test]
async fn episodes_are_there_at_once_and_switch_to_storage_one_by_one() {
    for (mut home, _postgres) in homes() {
        let photo = picture(&home, "photo.jpg", "1920x1080");
        let film = Bytes::from(std::fs::read(telecine_tests::media::file("one_frame.mp4")).unwrap());
        let is_mended = Arc::new(AtomicBool::new(false));
        let mended = is_mended.clone();
        let origin = Origin::start(move |request: Received| {
            let reply = match request.path.as_str() {
                "/2.jpg" if !mended.load(Ordering::SeqCst) => Reply::new(404, ""),
                path if path.ends_with(".jpg") => Reply::ok(photo.clone()),
                _ => Reply::ok(film.clone()),
            };
            std::future::ready(reply)
        })
        .await;
        home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
        let server = home.serve().await;
        let client = &server.client;
        let movie = new_movie(client).await;
        let stream =
            client.http.get(format!("{}/api/v1/events?topics=episode&subject={movie}", client.origin()));
        let mut events = EventStream::open(stream.bearer_auth(client.token())).await;
        let imported =
            import(client, &movie, &[episode(&origin, 1), episode(&origin, 2), episode(&origin, 3)]).await;
        for (item, number) in imported.iter().zip(1..) {
            assert_eq!((&item["number"], &item["status"]), (&json!(number), &json!("pending")));
            let given = json!({ "url": origin.at(&format!("/{number}.jpg")), "stored": false });
            assert_eq!(item["thumbnail"], given);
        }
        let (told, _) = events.until(|told| told.data["status"] == "stored").await;
        assert_eq!((told.event.as_str(), &told.data["movie_id"]), ("episode", &json!(movie)));
        let path = format!("movies/{movie}");
        let whole = client
            .watch(&path, |movie| movie["episodes"] == json!({ "total": 3, "stored": 2, "failed": 1 }))
            .await;
        let failed = &whole["items"][1];
        assert_eq!(
            (&failed["status"], &failed["failure"]["code"]),
            (&json!("failed"), &json!("remote_refused"))
        );
        assert!(
            text(&failed["failure"]["message"]).starts_with("thumbnailUrl cannot be fetched"),
            "{failed}"
        );
        assert_eq!(failed["thumbnail"]["stored"], false, "the given address stays");
        let first = &whole["items"][0];
        assert!(first["thumbnail"]["stored"] == true && first["preview"]["stored"] == true);
        let thumbnail = client.fetch(text(&first["thumbnail"]["url"])).await;
        assert_eq!(probed(home.folder(), &thumbnail), "webp,1280,720");
        let preview = client.http.get(text(&first["preview"]["url"])).send().await.unwrap();
        assert_eq!(preview.headers()["content-type"], "video/mp4");
        is_mended.store(true, Ordering::SeqCst);
        let retried =
            client.post(&format!("{path}/retry-failed"), json!({})).await.expect(StatusCode::ACCEPTED);
        assert_eq!(retried["retried"], 1);
        client.watch(&path, |movie| movie["episodes"]["stored"] == 3).await;
        // The same number again is the same episode, with other files.
        let again = import(
            client,
            &movie,
            &[json!({ "episodeNumber": 1, "title": "New", "thumbnailUrl": origin.at("/9.jpg") })],
        )
        .await;
        assert_eq!((&again[0]["id"], &again[0]["title"]), (&first["id"], &json!("New")));
        assert_eq!(again[0]["thumbnail"]["stored"], true, "what is there stays until others have come");
        client.watch(&path, |movie| movie["items"][0]["preview"].is_null()).await;
        let listed = client.get("movies?text=film").await.expect(StatusCode::OK);
        assert_eq!(listed["items"][0]["episodes"], json!({ "total": 3, "stored": 3, "failed": 0 }));
        client.call(Method::DELETE, &path, None).await.expect(StatusCode::NO_CONTENT);
        client.get(&path).await.expect_problem(404, "not_found");
        client.do_later_jobs("cleanup", "delete-batch").await;
        client.watch("storage", |storage| storage["objects"] == 0).await;
        assert!(
            eventually_async(async || home.log().contains("objects of something deleted are removed")).await
        );
        assert!(server.stop().success());
        let report = home.reconcile(&[]);
        assert_eq!((&report["objects"], &report["findings"]), (&json!(0), &json!([])));
    }
}

#[tokio::test]
async fn an_episode_may_bring_its_video_and_the_movie_takes_it_along() {
    let mut home = crate::home();
    let (film, photo) = (
        Bytes::from(std::fs::read(telecine_tests::media::file("one_frame.mp4")).unwrap()),
        picture(&home, "photo.jpg", "640x360"),
    );
    let origin = Origin::start(move |request: Received| {
        let body = if request.path.ends_with(".jpg") { photo.clone() } else { film.clone() };
        std::future::ready(Reply::ok(body))
    })
    .await;
    home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
    let server = home.serve().await;
    let client = &server.client;
    let movie = new_movie(client).await;
    let mut with_video = episode(&origin, 1);
    with_video["videoUrl"] = json!(origin.at("/whole.mp4"));
    let imported = import(client, &movie, &[with_video]).await;
    let video = text(&imported[0]["video_id"]).to_owned();
    let ready = client.finished(&video).await;
    assert_eq!((&ready["status"], &ready["title"]), (&json!("ready"), &json!("Part 1")), "{ready}");
    client.call(Method::DELETE, &format!("movies/{movie}"), None).await.expect(StatusCode::NO_CONTENT);
    client.get(&format!("videos/{video}")).await.expect_problem(404, "not_found");
    client.watch("storage", |storage| storage["objects"] == 0).await;
}

#[tokio::test]
async fn a_list_with_a_mistake_names_the_field_and_adds_nothing() {
    let mut home = crate::home();
    let server = home.serve().await;
    let client = &server.client;
    let movie = new_movie(client).await;
    let path = format!("movies/{movie}/episodes/import");
    let good = json!({ "episodeNumber": 1, "thumbnailUrl": "https://media.example/1.jpg" });
    for (wrong, named) in [
        (json!([]), "1 to 500"),
        (
            json!([good, { "episodeNumber": 1, "thumbnailUrl": "https://media.example/2.jpg" }]),
            "[1].episodeNumber",
        ),
        (
            json!([good, { "episodeNumber": 2, "videoPreviewUrl": "ftp://media.example/2.webm" }]),
            "[1].videoPreviewUrl",
        ),
        (json!([good, { "episodeNumber": 2 }]), "[1] has neither"),
    ] {
        let refused = client.post(&path, wrong).await;
        assert_eq!((refused.status.as_u16(), &refused.json["code"]), (422, &json!("invalid_episodes")));
        assert!(text(&refused.json["detail"]).contains(named), "{}", refused.json);
    }
    let whole = client.get(&format!("movies/{movie}")).await.expect(StatusCode::OK);
    assert_eq!(whole["items"], json!([]));
    client.post("movies", json!({ "title": " " })).await.expect_problem(422, "invalid_title");
}
