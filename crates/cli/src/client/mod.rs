//! A client of our own API, as a program outside would write it: opens an upload, sends the bytes to storage, follows
//! the processing.

mod send;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::{Host, Url};

/// The longest wait for an answer of the API.
const API_TIMEOUT: Duration = Duration::from_secs(60);
/// How often the processing is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Talks to one server.
pub(crate) struct Client {
    http: reqwest::Client,
    /// For loopback, where no proxy leads.
    direct: reqwest::Client,
    api: Url,
    token: SecretString,
}

/// The parts of a video that programs need.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Video {
    pub(crate) status: String,
    pub(crate) playable: bool,
    pub(crate) progress: f64,
    pub(crate) duration_s: Option<f64>,
    pub(crate) failure: Option<Failure>,
    pub(crate) playback: Option<Value>,
}

#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Upload {
    id: String,
    video_id: String,
    mode: String,
    url: Option<Url>,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    part_size: Option<u64>,
    part_count: Option<u32>,
}

impl Client {
    pub(crate) fn new(server: &Url, token: SecretString) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().build()?;
        let direct = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, direct, api: server.join("/api/v1/")?, token })
    }

    fn http(&self, url: &Url) -> &reqwest::Client {
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if is_loopback { &self.direct } else { &self.http }
    }

    /// Uploads the file and starts its processing; answers the video's id. `sent` hears of every chunk of bytes.
    pub(crate) async fn upload(
        &self,
        file: &Path,
        sent: impl Fn(u64) + Clone + Send + Sync + 'static,
    ) -> anyhow::Result<String> {
        let filename =
            file.file_name().and_then(|name| name.to_str()).context("the file has no readable name")?;
        let size =
            tokio::fs::metadata(file).await.with_context(|| format!("cannot read {}", file.display()))?.len();
        let body = json!({ "filename": filename, "size": size, "content_type": content_type(filename) });
        let upload: Upload = self.call(Method::POST, "uploads", Some(body)).await?;
        send::send(self, &upload, file, size, sent).await?;
        let path = format!("uploads/{}/complete", upload.id);
        self.call::<Value>(Method::POST, &path, Some(json!({}))).await?;
        Ok(upload.video_id)
    }

    /// Looks at the video until it is ready or failed; `seen` hears of every look.
    pub(crate) async fn follow(&self, video_id: &str, mut seen: impl FnMut(&Video)) -> anyhow::Result<Video> {
        loop {
            let video: Video = self.call(Method::GET, &format!("videos/{video_id}"), None).await?;
            seen(&video);
            if matches!(video.status.as_str(), "ready" | "failed") {
                return Ok(video);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<T> {
        let url = self.api.join(path)?;
        let request = self.http(&url).request(method, url).timeout(API_TIMEOUT);
        let request = body.iter().fold(request.bearer_auth(self.token.expose_secret()), RequestBuilder::json);
        let response = request.send().await.context("the server does not answer")?;
        Ok(accepted(response).await?.json().await?)
    }
}

/// The answer, or the server's own sentence about what is wrong.
async fn accepted(response: Response) -> anyhow::Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem: Value = response.json().await.unwrap_or_default();
    match (problem["code"].as_str(), problem["detail"].as_str()) {
        (Some(code), Some(detail)) => bail!("{detail} ({code})"),
        _ => bail!("the server answered {status}"),
    }
}

/// A media type from the name; the server finds out what the bytes really are.
fn content_type(filename: &str) -> &'static str {
    let extension = filename.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "ts" | "mts" | "m2ts" => "video/mp2t",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "gif" => "image/gif",
        _ => "application/octet-stream",
    }
}
