//! A client of the API that can also misbehave.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

/// Processing of a test clip on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Talks to one server.
#[derive(Debug, Clone)]
pub struct Client {
    /// Without a token, for what is open and what must be closed.
    pub http: reqwest::Client,
    api: String,
    token: String,
}

/// An answer: its status and JSON.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; null when it is no JSON.
    pub json: Value,
    /// The media type.
    pub content_type: String,
}

impl Client {
    /// A client of the API at `api`, such as `http://127.0.0.1:3001/api/v1`.
    pub fn new(api: &str, token: String) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { http, api: api.to_owned(), token }
    }

    /// The server's origin, such as `http://127.0.0.1:3001`.
    pub fn origin(&self) -> String {
        self.api.trim_end_matches("/api/v1").to_owned()
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with the token.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.try_call(method, path, body).await.expect("the server answers")
    }

    /// A request with the token to a server that may be gone.
    pub async fn try_call(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, format!("{}/{path}", self.api)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        try_answer(request.send().await?).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// A PUT of text.
    pub async fn put_text(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.put_body(path, "text/vtt", body).await
    }

    /// A PUT of something of this media type.
    pub async fn put_body(&self, path: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.http.put(format!("{}/{path}", self.api)).bearer_auth(&self.token);
        let sent = request.header("content-type", media_type).body(body).send().await;
        answer(sent.expect("the server answers")).await
    }

    /// A GET of text.
    pub async fn get_text(&self, path: &str) -> String {
        let request = self.http.get(format!("{}/{path}", self.api)).bearer_auth(&self.token);
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.expect("a whole body")
    }

    /// POST.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Opens an upload for `bytes` bytes.
    pub async fn open_upload(&self, filename: &str, bytes: usize) -> Answer {
        self.post("uploads", json!({ "filename": filename, "size": bytes, "content_type": "video/mp4" }))
            .await
    }

    /// Sends a file through the API and storage; answers the video's id.
    pub async fn upload(&self, file: &Path) -> String {
        let bytes = std::fs::read(file).expect("a readable file");
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        self.upload_bytes(name, bytes).await
    }

    /// Sends bytes, above 100 MB in parts; answers the video's id.
    pub async fn upload_bytes(&self, filename: &str, bytes: Vec<u8>) -> String {
        let upload = self.open_upload(filename, bytes.len()).await.expect(StatusCode::CREATED);
        self.send(&upload, bytes).await;
        text(&upload["video_id"]).to_owned()
    }

    /// Sends the bytes of an upload that is open, and completes it.
    pub async fn send(&self, upload: &Value, bytes: Vec<u8>) {
        if upload["mode"] == "multipart" {
            self.put_parts(upload, &bytes).await;
        } else {
            let sent = self.put(upload, bytes).await;
            assert_eq!(sent, StatusCode::OK, "storage takes the bytes");
        }
        let completed = self.post(&format!("uploads/{}/complete", text(&upload["id"])), json!({})).await;
        completed.expect(StatusCode::ACCEPTED);
    }

    async fn put_parts(&self, upload: &Value, bytes: &[u8]) {
        let size =
            upload["part_size"].as_u64().and_then(|size| usize::try_from(size).ok()).expect("a part size");
        for (index, part) in bytes.chunks(size).enumerate() {
            let numbers = json!({ "numbers": [index + 1] });
            let signed = self.post(&format!("uploads/{}/parts", text(&upload["id"])), numbers).await;
            let signed = signed.expect(StatusCode::OK);
            let sent = self.http.put(text(&signed["urls"][0]["url"])).body(part.to_vec()).send().await;
            assert_eq!(sent.expect("storage answers").status(), StatusCode::OK, "storage takes the part");
        }
    }

    /// Sends bytes to the address of an upload.
    pub async fn put(&self, upload: &Value, bytes: Vec<u8>) -> StatusCode {
        let mut request = self.http.put(text(&upload["url"])).body(bytes);
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            request = request.header(name, text(value));
        }
        request.send().await.expect("storage answers").status()
    }

    /// The video once it is ready or failed.
    pub async fn finished(&self, video_id: &str) -> Value {
        self.until(video_id, |video| matches!(video["status"].as_str(), Some("ready" | "failed"))).await
    }

    /// The video once it looks as wanted.
    pub async fn until(&self, video_id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let video = self.get(&format!("videos/{video_id}")).await.expect(StatusCode::OK);
                if wanted(&video) {
                    return video;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        found.await.expect("the video becomes what the test waits for")
    }

    /// The answer of this path once it looks as wanted.
    pub async fn watch(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let last = std::sync::Mutex::new(Value::Null);
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let body = self.get(path).await.expect(StatusCode::OK);
                if wanted(&body) {
                    return body;
                }
                *last.lock().expect("nobody panics with it") = body;
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        let found = found.await;
        found.unwrap_or_else(|_| panic!("{path} never becomes what the test waits for: {last:?}"))
    }

    /// Runs the delayed jobs of this name now; tells how many there were.
    pub async fn do_later_jobs(&self, queue: &str, name: &str) -> usize {
        let page =
            self.get(&format!("queues/{queue}/jobs?state=delayed&limit=100")).await.expect(StatusCode::OK);
        let jobs = page["items"].as_array().expect("a page").iter().filter(|job| job["name"] == name);
        let ids: Vec<&str> = jobs.map(|job| text(&job["id"])).collect();
        for id in &ids {
            self.call(Method::POST, &format!("jobs/{id}/promote"), None).await.expect(StatusCode::NO_CONTENT);
        }
        ids.len()
    }

    /// Bytes behind an absolute address, without any credentials.
    pub async fn fetch(&self, address: &str) -> Vec<u8> {
        let response = self.http.get(address).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{address}");
        response.bytes().await.expect("a whole body").to_vec()
    }

    /// Text behind an absolute address.
    pub async fn fetch_text(&self, address: &str) -> String {
        String::from_utf8(self.fetch(address).await).expect("text")
    }
}

impl Answer {
    /// The JSON, if the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.json);
        self.json
    }

    /// Checks that this is a problem with this status and code, and a sentence.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.json["code"].as_str()), (status, Some(code)), "{}", self.json);
        assert_eq!(self.content_type, "application/problem+json");
        assert_eq!(self.json["status"], status);
        assert!(self.json["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{}", self.json);
        assert_eq!(self.json["type"], format!("urn:telecine:problem:{code}"));
    }
}

/// An answer of any request.
pub async fn answer(response: Response) -> Answer {
    try_answer(response).await.expect("a whole body")
}

async fn try_answer(response: Response) -> reqwest::Result<Answer> {
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let status = response.status();
    let body = response.bytes().await?;
    Ok(Answer { status, json: serde_json::from_slice(&body).unwrap_or(Value::Null), content_type })
}

/// A JSON value that must be text.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected text, found {value}"))
}

/// An address in another document, as a browser would resolve it.
pub fn resolve(base: &str, reference: &str) -> String {
    Url::parse(base).and_then(|base| base.join(reference)).expect("an address").into()
}
