//! The bytes: one PUT, or parts a few at a time, streamed from the disk.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use reqwest::{Body, Method};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::task::JoinSet;
use tokio_util::io::{InspectReader, ReaderStream};
use url::Url;

use super::{Client, Upload, accepted};

/// Parts on their way at the same time.
const LANES: usize = 3;
/// Bytes read from the disk at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// Tries of one part.
const TRIES: u32 = 4;

#[derive(Debug, Deserialize)]
struct PartUrls {
    urls: Vec<PartUrl>,
}

#[derive(Debug, Deserialize)]
struct PartUrl {
    url: Url,
}

/// A stretch of a file.
#[derive(Clone)]
struct Stretch {
    file: PathBuf,
    start: u64,
    length: u64,
}

/// Sends the file where the upload says.
pub(super) async fn send(
    client: &Client,
    upload: &Upload,
    file: &Path,
    size: u64,
    sent: impl Fn(u64) + Clone + Send + Sync + 'static,
) -> anyhow::Result<()> {
    match (upload.mode.as_str(), &upload.url, upload.part_size, upload.part_count) {
        ("put", Some(url), ..) => {
            let whole = Stretch { file: file.to_owned(), start: 0, length: size };
            let headers: Vec<_> = upload.headers.clone().into_iter().collect();
            put(client.http(url), url.clone(), &headers, whole, sent).await
        }
        ("multipart", _, Some(part_size), Some(part_count)) => {
            send_parts(client, upload, file, size, (part_size, part_count), sent).await
        }
        _ => bail!("the server wants the file in a way this client does not know"),
    }
}

async fn send_parts(
    client: &Client,
    upload: &Upload,
    file: &Path,
    size: u64,
    (part_size, part_count): (u64, u32),
    sent: impl Fn(u64) + Clone + Send + Sync + 'static,
) -> anyhow::Result<()> {
    let mut lanes: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for number in 1..=part_count {
        if lanes.len() == LANES
            && let Some(ended) = lanes.join_next().await
        {
            ended??;
        }
        let start = u64::from(number - 1) * part_size;
        let part = Stretch { file: file.to_owned(), start, length: part_size.min(size - start) };
        let path = format!("uploads/{}/parts", upload.id);
        let signed: PartUrls = client.call(Method::POST, &path, Some(json!({ "numbers": [number] }))).await?;
        let url = signed.urls.into_iter().next().context("the server signed no address")?.url;
        let (http, sent) = (client.http(&url).clone(), sent.clone());
        lanes.spawn(async move { put(&http, url, &[], part, sent).await });
    }
    while let Some(ended) = lanes.join_next().await {
        ended??;
    }
    Ok(())
}

/// Sends a stretch, again when the connection or the storage fails.
async fn put(
    http: &reqwest::Client,
    url: Url,
    headers: &[(String, String)],
    stretch: Stretch,
    sent: impl Fn(u64) + Clone + Send + Sync + 'static,
) -> anyhow::Result<()> {
    let mut tries = 1;
    loop {
        let mut file = tokio::fs::File::open(&stretch.file).await?;
        file.seek(std::io::SeekFrom::Start(stretch.start)).await?;
        let told = sent.clone();
        let counted = InspectReader::new(file.take(stretch.length), move |bytes| told(bytes.len() as u64));
        let body = Body::wrap_stream(ReaderStream::with_capacity(counted, CHUNK_BYTES));
        let mut request = http.put(url.clone()).header("content-length", stretch.length).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        let may_pass_later = answer.as_ref().map_or(true, |answer| answer.status().is_server_error());
        if tries == TRIES || !may_pass_later {
            accepted(answer.context("object storage does not answer")?)
                .await
                .context("object storage refused the bytes")?;
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_secs(1 << tries)).await;
        tries += 1;
    }
}
