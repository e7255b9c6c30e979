//! Live events, over both ways.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};

use futures::StreamExt as _;
use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine_tests::client::{answer, text};
use telecine_tests::events::{EventStream, Told};
use telecine_tests::media;
use telecine_tests::server::Server;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::{home, homes};

/// Listeners of one process, as `app/src/events/hub.rs` says.
const MAX_LISTENERS: usize = 512;

fn request(server: &Server, query: &str) -> reqwest::RequestBuilder {
    let address = format!("{}/api/v1/events{query}", server.client.origin());
    server.client.http.get(address).bearer_auth(server.client.token())
}

async fn open(server: &Server, query: &str) -> EventStream {
    let mut stream = EventStream::open(request(server, query)).await;
    assert_eq!(stream.next().await.map(|told| told.event).as_deref(), Some("hello"));
    stream
}

/// The values that a field of the events of one type takes, one after the other.
fn course<'told>(told: &'told [Told], event: &str, field: &str) -> Vec<&'told str> {
    let mut values: Vec<_> =
        told.iter().filter(|told| told.event == event).filter_map(|told| told.data[field].as_str()).collect();
    values.dedup();
    values
}

#[tokio::test]
async fn the_way_of_a_video_is_told_in_its_order() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let mut stream = open(&server, "?topics=video,upload,job").await;
        let video_id = server.client.upload(&media::file("avsync_flash_beep_12s.mp4")).await;
        let job = format!("process-video-{video_id}");
        let (last, mut told) = stream
            .until(|told| told.data["id"] == job.as_str() && told.says("job", "state", "completed"))
            .await;
        told.push(last);
        assert_eq!(course(&told, "video", "status"), ["pending_upload", "processing", "ready"]);
        assert_eq!(course(&told, "upload", "status"), ["open", "stored"]);
        let of_job: Vec<_> = told.iter().filter(|told| told.data["id"] == job.as_str()).cloned().collect();
        // It waits for the job that encodes.
        let states = ["waiting", "active", "waiting-children", "waiting", "active", "completed"];
        assert_eq!(course(&of_job, "job", "state"), states);
        assert_eq!(
            (&of_job[0].data["queue"], &of_job[0].data["subject"]),
            (&json!("video-processing"), &json!(video_id))
        );
        let positions: Vec<_> = told.iter().map(|told| told.position().expect("a place")).collect();
        assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
        let ready = told.iter().find(|told| told.says("video", "status", "ready")).unwrap();
        assert_eq!(
            (ready.data["playable"].as_bool(), ready.data["progress"].as_f64()),
            (Some(true), Some(1.0))
        );
    }
}

#[tokio::test]
async fn a_client_that_comes_back_gets_what_it_has_missed_and_nothing_twice() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let mut stream = open(&server, "?topics=video").await;
        let video_id = server.client.upload(&media::file("one_frame.mp4")).await;
        let (seen, _) = stream.until(|told| told.says("video", "status", "processing")).await;
        drop(stream);
        server.client.finished(&video_id).await;
        let back = request(&server, "?topics=video").header("last-event-id", seen.id.as_deref().unwrap());
        let (ready, between) =
            EventStream::open(back).await.until(|told| told.says("video", "status", "ready")).await;
        let all: Vec<_> = between.iter().chain([&ready]).map(|told| told.position().unwrap()).collect();
        assert!(all.iter().all(|position| *position > seen.position().unwrap()), "{all:?}");
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
    }
}

#[tokio::test]
async fn a_client_that_has_missed_too_much_is_told_to_begin_anew() {
    let mut home = home();
    let server = home.serve().await;
    let lost = request(&server, "?topics=video").header("last-event-id", "0-999999");
    let mut stream = EventStream::open(lost).await;
    let reset = stream.next().await.unwrap();
    assert_eq!(reset.event, "reset");
    assert_ne!(reset.id.as_deref(), Some("0-999999"), "from now on it goes on here");
    server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    stream.until(|told| told.says("video", "status", "pending_upload")).await;
    for (query, word) in
        [("?topics=videos", "queue"), ("?last_event_id=x", "event"), ("?topic=video", "topic")]
    {
        let refused = answer(request(&server, query).send().await.unwrap()).await;
        assert!(
            refused.json["detail"].as_str().is_some_and(|detail| detail.contains(word)),
            "{}",
            refused.json
        );
        refused.expect_problem(422, "invalid_query");
    }
}

#[tokio::test]
async fn a_listener_is_told_only_what_concerns_its_subject() {
    let mut home = home();
    let server = home.serve().await;
    let upload = server.client.open_upload("clip.mp4", 4).await.expect(StatusCode::CREATED);
    let video_id = text(&upload["video_id"]).to_owned();
    let mut stream = open(&server, &format!("?subject={video_id}&topics=video,upload,job")).await;
    for _ in 0..3 {
        server.client.open_upload("other.mp4", 4).await.expect(StatusCode::CREATED);
    }
    server.client.put(&upload, b"abcd".to_vec()).await;
    server.client.post(&format!("uploads/{}/complete", text(&upload["id"])), json!({})).await;
    let (_, told) = stream.until(|told| told.says("video", "status", "failed")).await;
    assert!(!told.is_empty());
    for told in &told {
        let concerns = [&told.data["id"], &told.data["video_id"], &told.data["subject"]];
        assert!(concerns.contains(&&json!(video_id)), "{told:?}");
    }
    assert_eq!(course(&told, "upload", "status"), ["stored"]);
}

#[tokio::test]
async fn queues_are_counted_for_those_who_watch_them() {
    for (mut home, _postgres) in homes() {
        let server = home.serve_with(&["--no-workers"]).await;
        let mut stream = open(&server, "?topics=queue").await;
        let (counted, _) = stream.until(|told| told.says("queue", "name", "video-processing")).await;
        assert_eq!((&counted.data["waiting"], &counted.data["paused"]), (&json!(0), &json!(false)));
        assert_eq!(counted.id, None, "it is not kept, so nobody can go on after it");
        server.client.upload(&media::file("one_frame.mp4")).await;
        stream
            .until(|told| told.says("queue", "name", "video-processing") && told.data["waiting"] == 1)
            .await;
    }
}

#[tokio::test]
async fn what_other_processes_do_is_told_too() {
    for (mut home, _postgres) in homes() {
        let server = home.serve_with(&["--no-workers"]).await;
        let mut stream = open(&server, "?topics=video").await;
        let _worker = home.work(&[]).await;
        server.client.upload(&media::file("one_frame.mp4")).await;
        stream.until(|told| told.says("video", "status", "ready")).await;
    }
}

#[tokio::test]
async fn a_websocket_tells_the_same() {
    for (mut home, _postgres) in homes() {
        let server = home.serve().await;
        let mut socket = connect(&server, "?topics=video", &[]).await.expect("a socket");
        let mut last = String::new();
        let hello = next(&mut socket).await;
        assert!(hello["event"] == "hello" && hello["id"].is_string(), "{hello}");
        server.client.upload(&media::file("one_frame.mp4")).await;
        while last != "ready" {
            let told = next(&mut socket).await;
            assert_eq!(told["event"], "video", "{told}");
            last = text(&told["data"]["status"]).to_owned();
        }
        let again = format!("?topics=video&last_event_id={}", text(&hello["id"]));
        let mut again = connect(&server, &again, &[]).await.expect("a socket");
        assert_eq!(next(&mut again).await["data"]["status"], "pending_upload");
    }
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_websocket_with_the_cookie_of_a_visitor() {
    let mut home = home();
    let server = home.serve().await;
    let (http, origin) = (&server.client.http, server.client.origin());
    let link = http.get(server.page.clone()).send().await.unwrap();
    let cookie = link.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let own = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
    assert_eq!(next(&mut connect(&server, "", &own).await.expect("our own page")).await["event"], "hello");
    let foreign = connect(&server, "", &[("cookie", &cookie), ("origin", "https://evil.example")]).await;
    assert_eq!(status_of(foreign.expect_err("refused")), 403);
    let stranger =
        connect(&server, "", &[("origin", origin.as_str()), ("authorization", "Bearer telecine_wrong")])
            .await;
    assert_eq!(status_of(stranger.expect_err("refused")), 401);
    let plain =
        http.get(format!("{origin}/api/v1/ws")).bearer_auth(server.client.token()).send().await.unwrap();
    answer(plain).await.expect_problem(400, "not_a_websocket");
}

#[tokio::test]
async fn listeners_do_not_keep_the_server_from_stopping() {
    let mut home = home();
    let server = home.serve().await;
    let mut stream = open(&server, "").await;
    let mut socket = connect(&server, "", &[]).await.expect("a socket");
    let asked = std::time::Instant::now();
    let stopping = tokio::task::spawn_blocking(|| server.stop());
    while stream.next().await.is_some() {}
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(why) = message {
            assert_eq!(u16::from(why.expect("a reason").code), 1012, "come again");
        }
    }
    assert!(stopping.await.unwrap().success());
    assert!(asked.elapsed() < std::time::Duration::from_secs(8), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_token_that_is_revoked_listens_no_longer() {
    let mut home = home();
    let server = home.serve().await;
    let made =
        home.command(&["token", "create", "--name", "guest"]).stdout(std::process::Stdio::piped()).output();
    let guest = String::from_utf8(made.unwrap().stdout).unwrap().trim().to_owned();
    let address = format!("{}/api/v1/events?topics=upload", server.client.origin());
    let mut stream = EventStream::open(server.client.http.get(address).bearer_auth(&guest)).await;
    assert_eq!(stream.next().await.map(|told| told.event).as_deref(), Some("hello"));
    let listed = home.command(&["token", "list"]).stdout(std::process::Stdio::piped()).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let hash = listed.lines().find(|line| line.ends_with("guest")).unwrap().split(' ').next().unwrap();
    assert!(home.command(&["token", "revoke", hash]).status().unwrap().success());
    assert!(stream.next().await.is_none(), "the stream ends");
}

#[tokio::test]
async fn there_is_a_limit_on_listeners_and_the_places_of_those_who_leave_are_free() {
    let mut home = home();
    let server = home.serve().await;
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        server.client.token()
    );
    // They read the head of the answer and nothing more.
    let listening: Vec<_> = (0..MAX_LISTENERS)
        .map(|_| {
            let mut client = std::net::TcpStream::connect(server.api_address).unwrap();
            client.write_all(head.as_bytes()).unwrap();
            let mut start = [0; 12];
            client.read_exact(&mut start).unwrap();
            assert_eq!(&start, b"HTTP/1.1 200");
            client
        })
        .collect();
    let refused = request(&server, "").send().await.unwrap();
    answer(refused).await.expect_problem(503, "too_many_listeners");
    server.client.get("videos").await.expect(StatusCode::OK);
    drop(listening);
    let is_let_in = async || request(&server, "").send().await.unwrap().status() == StatusCode::OK;
    assert!(crate::eventually_async(is_let_in).await);
}

type Socket = tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>;

/// Opens a socket with these headers, or with the token when there are none.
async fn connect(server: &Server, query: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Error> {
    let mut request =
        format!("ws://{}/api/v1/ws{query}", server.api_address).into_client_request().expect("a request");
    let bearer = format!("Bearer {}", server.client.token());
    let headers = if headers.is_empty() { &[("authorization", bearer.as_str())] } else { headers };
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a header"));
    }
    let stream = tokio::net::TcpStream::connect(server.api_address).await.expect("a connection");
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}

async fn next(socket: &mut Socket) -> Value {
    let message = tokio::time::timeout(crate::PATIENCE, socket.next()).await.expect("a message in time");
    let message = message.expect("the socket is open").expect("a whole message");
    serde_json::from_str(message.to_text().expect("text")).expect("JSON")
}

fn status_of(error: Error) -> u16 {
    match error {
        Error::Http(answer) => answer.status().as_u16(),
        error => panic!("no answer: {error}"),
    }
}
