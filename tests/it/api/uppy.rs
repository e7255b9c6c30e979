//! The contract of Uppy's Companion, spoken without Uppy. `tests/e2e` drives the real one.

use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use telecine_tests::client::{Answer, answer, text};
use telecine_tests::media;
use telecine_tests::server::{Home, Server};

use crate::home;

const PART_BYTES: usize = 5 * 1024 * 1024;

/// Calls what Uppy calls: without any header of ours.
struct Uppy<'a> {
    server: &'a Server,
    endpoint: String,
}

impl<'a> Uppy<'a> {
    async fn of(server: &'a Server) -> Self {
        let made = server.client.post("upload-tokens", json!({})).await.expect(StatusCode::CREATED);
        Self { server, endpoint: text(&made["companion_endpoint"]).to_owned() }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.server.client.http.request(method, format!("{}/s3/{path}", self.endpoint));
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request.header("origin", "https://app.example").send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    async fn create(&self, filename: &str) -> Multipart {
        let file = json!({ "filename": filename, "type": "video/mp4", "metadata": { "name": filename, "title": "A title" } });
        let made = self.call(Method::POST, "multipart", Some(file)).await.expect(StatusCode::OK);
        Multipart {
            path: format!("multipart/{}", text(&made["uploadId"])),
            query: format!("key={}", text(&made["key"]).replace('/', "%2F")),
            video_id: text(&made["videoId"]).to_owned(),
        }
    }

    async fn send_part(&self, multipart: &Multipart, number: usize, bytes: &[u8]) -> String {
        let signed = self.get(&multipart.at(&format!("/{number}"))).await.expect(StatusCode::OK);
        let sent =
            self.server.client.http.put(text(&signed["url"])).body(bytes.to_vec()).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::OK);
        sent.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned()
    }
}

struct Multipart {
    path: String,
    query: String,
    video_id: String,
}

impl Multipart {
    fn at(&self, rest: &str) -> String {
        format!("{}{rest}?{}", self.path, self.query)
    }
}

trait ExpectError {
    fn expect_error(self, status: u16, code: &str);
}

impl ExpectError for Answer {
    #[track_caller]
    fn expect_error(self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.json["code"].as_str()), (status, Some(code)), "{}", self.json);
        assert_eq!(self.content_type, "application/json");
        assert!(text(&self.json["error"]).starts_with("s3: "), "{}", self.json);
    }
}

/// A real video with a long free box behind it.
fn padded_video(bytes: usize) -> Vec<u8> {
    let mut file = std::fs::read(media::file("one_frame.mp4")).unwrap();
    file.extend(u32::try_from(bytes - file.len()).unwrap().to_be_bytes());
    file.extend(b"free");
    file.resize(bytes, 0);
    file
}

#[tokio::test]
async fn a_file_goes_up_in_parts_as_uppy_cuts_them_and_becomes_a_video() {
    let mut home = home();
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let file = padded_video(PART_BYTES * 2 + 1000);
    let multipart = uppy.create("holiday.mp4").await;
    let mut parts = Vec::new();
    for (number, bytes) in (1..).zip(file.chunks(PART_BYTES)) {
        parts.push(json!({ "PartNumber": number, "ETag": uppy.send_part(&multipart, number, bytes).await }));
    }
    let listed = uppy.get(&multipart.at("")).await.expect(StatusCode::OK);
    let sizes: Vec<_> =
        listed.as_array().unwrap().iter().map(|part| part["Size"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [5_242_880, 5_242_880, 1000]);
    assert_eq!(listed[2]["ETag"], parts[2]["ETag"]);
    let batch = uppy.get(&format!("{}&partNumbers=1,2", multipart.at("/batch"))).await.expect(StatusCode::OK);
    assert!(text(&batch["presignedUrls"]["2"]).contains("partNumber=2"));

    let complete = multipart.at("/complete");
    let body = json!({ "parts": parts });
    let done = uppy.call(Method::POST, &complete, Some(body.clone())).await.expect(StatusCode::OK);
    assert!(text(&done["location"]).ends_with(text(&done["key"])), "{done}");
    assert_eq!((text(&done["bucket"]), text(&done["videoId"])), ("telecine", multipart.video_id.as_str()));
    let again = uppy.call(Method::POST, &complete, Some(body)).await.expect(StatusCode::OK);
    assert_eq!(again, done, "completing twice gives the same answer");
    let video = server.client.finished(&multipart.video_id).await;
    assert_eq!((&video["status"], &video["title"]), (&json!("ready"), &json!("A title")), "{video}");
}

#[tokio::test]
async fn parts_that_make_no_whole_file_are_refused_and_nothing_is_lost() {
    let mut home = home();
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let multipart = uppy.create("a.mp4").await;
    let complete = async |parts: Value| {
        uppy.call(Method::POST, &multipart.at("/complete"), Some(json!({ "parts": parts }))).await
    };
    complete(json!([])).await.expect_error(409, "parts_missing");
    let file = padded_video(PART_BYTES + 1000);
    let second = uppy.send_part(&multipart, 2, &file[PART_BYTES..]).await;
    complete(json!([{ "PartNumber": 2, "ETag": second }])).await.expect_error(409, "parts_missing");
    let small = uppy.send_part(&multipart, 1, &file[..1000]).await;
    let parts =
        |first: &str| json!([{ "PartNumber": 1, "ETag": first }, { "PartNumber": 2, "ETag": second }]);
    complete(parts(&small)).await.expect_error(409, "part_too_small");
    let first = uppy.send_part(&multipart, 1, &file[..PART_BYTES]).await;
    complete(parts(&small)).await.expect_error(409, "part_mismatch");
    complete(parts(&first)).await.expect(StatusCode::OK);
    assert_eq!(server.client.finished(&multipart.video_id).await["status"], "ready");
}

#[tokio::test]
async fn more_bytes_than_the_limit_are_refused_and_removed() {
    let mut home = home();
    home.set("MAX_UPLOAD_BYTES", "6000000");
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let multipart = uppy.create("a.mp4").await;
    let mut parts = Vec::new();
    for number in 1..=2 {
        let etag = uppy.send_part(&multipart, number, &vec![0; PART_BYTES]).await;
        parts.push(json!({ "PartNumber": number, "ETag": etag }));
    }
    let body = Some(json!({ "parts": parts }));
    uppy.call(Method::POST, &multipart.at("/complete"), body).await.expect_error(413, "upload_too_large");
    uppy.get(&multipart.at("")).await.expect_error(404, "not_found");
    assert!(crate::eventually(|| home.object_files() == 0).await, "the parts are gone");
}

#[tokio::test]
async fn a_client_that_never_completes_is_stopped_at_the_limit_too() {
    let mut home = home();
    home.set("MAX_UPLOAD_BYTES", "6000000");
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let multipart = uppy.create("a.mp4").await;
    for number in 1..=2 {
        uppy.send_part(&multipart, number, &vec![0; PART_BYTES]).await;
    }
    let numbers: Vec<String> = (3..=64).map(|number: u32| number.to_string()).collect();
    let batch = multipart.at("/batch");
    let refused = uppy.get(&format!("{batch}&partNumbers={}", numbers.join(","))).await;
    refused.expect_error(413, "upload_too_large");
    uppy.get(&multipart.at("")).await.expect_error(404, "not_found");
    assert!(crate::eventually(|| home.object_files() == 0).await, "the parts are gone");
}

#[tokio::test]
async fn parts_of_a_client_that_went_away_expire_and_are_not_taken_for_the_whole_file() {
    let mut home = home();
    let config = home.file("idle.toml");
    std::fs::write(&config, "[uploads]\nidle_seconds = 3\n").unwrap();
    home.set("TELECINE_CONFIG", config.to_str().unwrap());
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let multipart = uppy.create("a.mp4").await;
    uppy.send_part(&multipart, 1, &padded_video(PART_BYTES)).await;
    let status = format!("uploads/{}/status", multipart.path.trim_start_matches("multipart/"));
    let has_expired = async || server.client.get(&status).await.status == StatusCode::GONE;
    assert!(crate::eventually_async(has_expired).await);
    assert!(crate::eventually(|| home.object_files() == 0).await, "the part is gone");
    server.client.get(&format!("videos/{}", multipart.video_id)).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn uppy_gives_up_what_a_person_cancels() {
    let mut home = home();
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let multipart = uppy.create("a.mp4").await;
    uppy.send_part(&multipart, 1, b"abcd").await;
    let aborted = uppy.call(Method::DELETE, &multipart.at(""), None).await.expect(StatusCode::OK);
    assert_eq!(aborted, json!({}));
    uppy.get(&multipart.at("")).await.expect_error(404, "not_found");
    assert!(crate::eventually(|| home.object_files() == 0).await, "the part is gone");
}

#[tokio::test]
async fn what_uppy_may_not_do_is_refused_in_its_own_form() {
    let mut home = home();
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    uppy.get("params?filename=a.html&type=text/html").await.expect_error(415, "media_type_not_allowed");
    uppy.get("params?filename=..%2Fa.mp4&type=video/mp4").await.expect_error(422, "invalid_filename");
    uppy.get("params").await.expect_error(422, "invalid_query");
    let body = json!({ "filename": 5 });
    uppy.call(Method::POST, "multipart", Some(body)).await.expect_error(422, "invalid_body");
    let multipart = uppy.create("a.mp4").await;
    for number in ["0", "10001", "-1", "x"] {
        uppy.get(&multipart.at(&format!("/{number}"))).await.expect_error(422, "invalid_part_numbers");
    }
    uppy.get(&multipart.path).await.expect_error(422, "invalid_query");
    uppy.get(&format!("{}?key=videos/other/source", multipart.path)).await.expect_error(404, "not_found");
    uppy.get(&format!("multipart/x?{}", multipart.query)).await.expect_error(404, "not_found");
    let large = vec![json!({ "PartNumber": 1, "ETag": "a".repeat(32) }); 20_000];
    let large = uppy.call(Method::POST, &multipart.at("/complete"), Some(json!({ "parts": large }))).await;
    large.expect_error(413, "body_too_large");
}

/// Makes a token and gives it with the start of its hash.
fn guest(home: &Home) -> (String, String) {
    let made = home.command(&["token", "create", "--name", "guest"]).stdout(Stdio::piped()).output().unwrap();
    let listed = home.command(&["token", "list"]).stdout(Stdio::piped()).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let line = listed.lines().find(|line| line.ends_with("guest")).unwrap();
    let hash = line.split(' ').next().unwrap().to_owned();
    (String::from_utf8(made.stdout).unwrap().trim().to_owned(), hash)
}

#[tokio::test]
async fn an_upload_token_opens_the_uploads_of_its_owner_only_and_ends_with_it() {
    let mut home = home();
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let multipart = uppy.create("a.mp4").await;
    let (token, hash) = guest(&home);
    let origin = server.client.origin();
    let asked = server.client.http.post(format!("{origin}/api/v1/upload-tokens")).bearer_auth(&token);
    let made = answer(asked.send().await.unwrap()).await.expect(StatusCode::CREATED);
    let other = Uppy { server: &server, endpoint: text(&made["companion_endpoint"]).to_owned() };
    other.create("b.mp4").await;
    other.get(&multipart.at("")).await.expect_error(404, "not_found");
    other.call(Method::DELETE, &multipart.at(""), None).await.expect_error(404, "not_found");
    uppy.get(&multipart.at("")).await.expect(StatusCode::OK);

    let upload_token = text(&made["token"]);
    for wrong in ["", "x", "a.b.c", &upload_token.replace('.', ".1"), server.client.token()] {
        let uppy = Uppy { server: &server, endpoint: format!("{origin}/uppy/{wrong}") };
        let refused = uppy.call(Method::POST, "multipart", Some(json!({ "filename": "a.mp4" }))).await;
        assert!(matches!(refused.status.as_u16(), 401 | 404), "{wrong}: {}", refused.status);
    }

    // The same for the API's own routes.
    let as_guest = async |method: Method, path: &str| {
        let asked = server.client.http.request(method, format!("{origin}/api/v1/{path}"));
        let body = json!({ "filename": "c.mp4", "size": 5, "content_type": "video/mp4" });
        answer(asked.bearer_auth(upload_token).json(&body).send().await.unwrap()).await
    };
    as_guest(Method::GET, "upload-limits").await.expect(StatusCode::OK);
    let theirs = as_guest(Method::POST, "uploads").await.expect(StatusCode::CREATED);
    let their_path = format!("uploads/{}", text(&theirs["id"]));
    as_guest(Method::GET, &their_path).await.expect(StatusCode::OK);
    as_guest(Method::GET, &format!("{their_path}/status")).await.expect(StatusCode::OK);
    let own = server.client.open_upload("d.mp4", 5).await.expect(StatusCode::CREATED);
    let own_path = format!("uploads/{}", text(&own["id"]));
    for (method, path) in [
        (Method::GET, own_path.clone()),
        (Method::DELETE, own_path.clone()),
        (Method::GET, format!("{own_path}/status")),
        (Method::POST, format!("{own_path}/complete")),
        (Method::POST, format!("{own_path}/parts")),
        (Method::GET, "uploads/x".to_owned()),
    ] {
        as_guest(method, &path).await.expect_problem(404, "not_found");
    }
    for path in ["videos", "queues", "tokens", "system", "session", "events", "upload-queue/status"] {
        as_guest(Method::GET, path).await.expect_problem(401, "unauthorized");
    }
    as_guest(Method::POST, "upload-tokens").await.expect_problem(401, "unauthorized");
    as_guest(Method::DELETE, &their_path).await.expect(StatusCode::NO_CONTENT);

    assert!(home.command(&["token", "revoke", &hash]).status().unwrap().success());
    as_guest(Method::GET, "upload-limits").await.expect_problem(401, "unauthorized");
    other.get("params?filename=a.mp4&type=video/mp4").await.expect_error(401, "unauthorized");
    let as_bearer = server.client.http.get(format!("{origin}/api/v1/videos")).bearer_auth(upload_token);
    answer(as_bearer.send().await.unwrap()).await.expect_problem(401, "unauthorized");
    assert!(!home.log().contains(upload_token), "tokens stay out of the log");
}

#[tokio::test]
async fn an_upload_token_expires() {
    let mut home = home();
    let config = home.file("short.toml");
    std::fs::write(&config, "[uploads]\ntoken_life_s = 1\n").unwrap();
    home.set("TELECINE_CONFIG", config.to_str().unwrap());
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let is_refused =
        async || uppy.get("params?filename=a.html&type=a/b").await.status == StatusCode::UNAUTHORIZED;
    assert!(crate::eventually_async(is_refused).await);
}

#[tokio::test]
async fn pages_of_any_origin_may_speak_the_contract_unless_a_list_says_which() {
    for (list, expected) in [
        ("", Some("*")),
        ("https://app.example", Some("https://app.example")),
        ("https://other.example", None),
    ] {
        let mut home = home();
        home.set("TELECINE_CORS_ORIGINS", list);
        let server = home.serve().await;
        let made = server.client.post("upload-tokens", json!({})).await.expect(StatusCode::CREATED);
        let address = format!("{}/s3/multipart", text(&made["companion_endpoint"]));
        let asked =
            server.client.http.request(Method::OPTIONS, address).header("origin", "https://app.example");
        let asked = asked
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
            .await
            .unwrap();
        let allowed = asked.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(allowed, expected, "{list}");
        assert!(!asked.headers().contains_key("access-control-allow-credentials"));
    }
}

/// Opens an upload that comes as a form, and posts it as Uppy does.
async fn post_form(uppy: &Uppy<'_>, file: &[u8]) -> (Value, StatusCode) {
    const BOUNDARY: &str = "----WebKitFormBoundary0123456789";
    let params = uppy.get("params?filename=a.mp4&type=video%2Fmp4&metadata%5Bname%5D=a.mp4").await;
    let params = params.expect(StatusCode::OK);
    assert_eq!(params["method"], "POST");
    let mut body = Vec::new();
    for (name, value) in params["fields"].as_object().unwrap() {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(format!("{head}{}\r\n", text(value)).into_bytes());
    }
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"blob\"";
    body.extend(format!("--{BOUNDARY}\r\n{disposition}\r\nContent-Type: video/mp4\r\n\r\n").into_bytes());
    body.extend(file);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let posted = uppy.server.client.http.post(text(&params["url"])).header("content-type", kind).body(body);
    (params, posted.send().await.unwrap().status())
}

#[tokio::test]
async fn a_form_becomes_a_video_although_nobody_tells_that_it_has_arrived() {
    let mut home = home();
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let file = std::fs::read(media::file("one_frame.mp4")).unwrap();
    let (params, posted) = post_form(&uppy, &file).await;
    assert_eq!(posted, StatusCode::CREATED);
    assert_eq!((&params["fields"]["key"], &params["expires"]), (&params["key"], &json!(3600)));
    let video = server.client.finished(text(&params["videoId"])).await;
    assert_eq!(video["status"], "ready", "{video}");
}

#[tokio::test]
async fn looking_at_the_upload_notices_a_form_that_has_arrived() {
    let mut home = home();
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let file = std::fs::read(media::file("one_frame.mp4")).unwrap();
    let (params, _) = post_form(&uppy, &file).await;
    let path = format!("uploads/{}", text(&params["uploadId"]));
    let seen = server.client.get(&path).await.expect(StatusCode::OK);
    assert_eq!(
        (&seen["mode"], &seen["status"], &seen["size"]),
        (&json!("form"), &json!("stored"), &json!(file.len()))
    );
    server.client.finished(text(&params["videoId"])).await;
}

#[tokio::test]
async fn a_form_takes_no_more_bytes_than_the_limit() {
    let mut home = home();
    home.set("MAX_UPLOAD_BYTES", "1000");
    let server = home.serve().await;
    let uppy = Uppy::of(&server).await;
    let (params, posted) = post_form(&uppy, &vec![0; 1001]).await;
    assert_eq!(posted, StatusCode::BAD_REQUEST);
    let path = format!("uploads/{}", text(&params["uploadId"]));
    assert_eq!(server.client.get(&path).await.expect(StatusCode::OK)["status"], "open");
    assert_eq!(home.object_files(), 0);
}
