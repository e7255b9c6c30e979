//! A client that sends a file of any size and, whatever breaks, asks the server what is there and goes on.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::{Answer, Client, text};

/// The bytes repeat after this many, each time with another beginning, so that no two parts are equal.
const BLOCK_BYTES: usize = 1 << 20;
/// The longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file that exists only as a rule.
#[derive(Debug, Clone)]
pub struct MadeUpFile {
    /// Bytes.
    pub size: u64,
    block: Bytes,
}

impl MadeUpFile {
    /// A file of random bytes, the same for the same seed.
    pub fn new(seed: u64, size: u64) -> Self {
        let mut random = Random::new(seed);
        let block: Vec<u8> = (0..BLOCK_BYTES / 8).flat_map(|_| random.next().to_le_bytes()).collect();
        Self { size, block: block.into() }
    }

    /// The bytes from `start`, up to `length` of them.
    pub fn bytes(&self, start: u64, length: u64) -> Vec<u8> {
        let end = self.size.min(start + length);
        let mut bytes = Vec::with_capacity(usize::try_from(end - start).unwrap());
        let mut at = start;
        while at < end {
            let (block, offset) =
                (at / BLOCK_BYTES as u64, usize::try_from(at % BLOCK_BYTES as u64).unwrap());
            let mut piece = self.block.to_vec();
            piece[..8].copy_from_slice(&block.to_le_bytes());
            let take = (BLOCK_BYTES - offset).min(usize::try_from(end - at).unwrap());
            bytes.extend_from_slice(&piece[offset..offset + take]);
            at += take as u64;
        }
        bytes
    }

    /// Hex SHA-256 of the whole.
    pub fn sha256(&self) -> String {
        let mut hasher = Sha256::new();
        let step = BLOCK_BYTES as u64;
        (0..self.size.div_ceil(step)).for_each(|block| hasher.update(self.bytes(block * step, step)));
        hex::encode(hasher.finalize())
    }
}

/// Random numbers that are the same in every run.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number (xorshift64*).
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from `low` to below `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }
}

/// An upload under way. It remembers its id and nothing of what it has sent.
#[derive(Debug)]
pub struct Resumable {
    /// The file.
    pub file: MadeUpFile,
    /// The upload's id, once it is open.
    pub id: Option<String>,
    /// The video's id, once it is complete.
    pub video_id: Option<String>,
    /// Whether it has been given up.
    pub is_aborted: bool,
}

/// Something broke; asking again is worth it.
#[derive(Debug)]
pub struct Broken(pub String);

impl Resumable {
    /// An upload that has not begun.
    pub fn new(file: MadeUpFile) -> Self {
        Self { file, id: None, video_id: None, is_aborted: false }
    }

    /// Goes on from wherever it is until the upload is complete.
    pub async fn advance(&mut self, client: &Client) -> Result<(), Broken> {
        let id = match &self.id {
            Some(id) => id.clone(),
            None => self.open(client).await?,
        };
        let upload = expect(ask(client, Method::GET, &format!("uploads/{id}"), None).await?)?;
        if upload["status"] == "open" {
            match upload["mode"].as_str() {
                Some("put") => self.put_whole(client, &upload).await?,
                _ => self.put_parts(client, &id, &upload).await?,
            }
        }
        let completed = ask(client, Method::POST, &format!("uploads/{id}/complete"), Some(json!({}))).await?;
        self.video_id = Some(text(&expect(completed)?["video_id"]).to_owned());
        Ok(())
    }

    /// Gives the upload up.
    pub async fn abort(&mut self, client: &Client) -> Result<(), Broken> {
        let Some(id) = &self.id else { return Ok(()) };
        let answer = ask(client, Method::DELETE, &format!("uploads/{id}"), None).await?;
        // The first of two calls may have got through although its answer did not.
        if matches!(answer.status, StatusCode::NO_CONTENT | StatusCode::NOT_FOUND) {
            self.is_aborted = true;
            return Ok(());
        }
        if answer.status == StatusCode::CONFLICT {
            // It was completed by a call whose answer did not come.
            return self.advance(client).await;
        }
        expect(answer).map(drop)
    }

    async fn open(&mut self, client: &Client) -> Result<String, Broken> {
        let (size, sha256) = (self.file.size, self.file.sha256());
        let file =
            json!({ "filename": "random.mp4", "size": size, "content_type": "video/mp4", "sha256": sha256 });
        let opened = expect(ask(client, Method::POST, "uploads", Some(file)).await?)?;
        let id = text(&opened["id"]).to_owned();
        self.id = Some(id.clone());
        Ok(id)
    }

    async fn put_whole(&self, client: &Client, upload: &Value) -> Result<(), Broken> {
        put(client, &upload["url"], &upload["headers"], self.file.bytes(0, self.file.size)).await
    }

    async fn put_parts(&self, client: &Client, id: &str, upload: &Value) -> Result<(), Broken> {
        let there: Vec<u64> =
            upload["parts"].as_array().unwrap().iter().map(|part| part["number"].as_u64().unwrap()).collect();
        let (size, count) = (upload["part_size"].as_u64().unwrap(), upload["part_count"].as_u64().unwrap());
        let missing: Vec<u64> = (1..=count).filter(|number| !there.contains(number)).collect();
        for numbers in missing.chunks(100) {
            let body = json!({ "numbers": numbers });
            let signed =
                expect(ask(client, Method::POST, &format!("uploads/{id}/parts"), Some(body)).await?)?;
            for part in signed["urls"].as_array().unwrap() {
                let start = (part["number"].as_u64().unwrap() - 1) * size;
                put(client, &part["url"], &part["headers"], self.file.bytes(start, size)).await?;
            }
        }
        Ok(())
    }
}

async fn put(client: &Client, url: &Value, headers: &Value, bytes: Vec<u8>) -> Result<(), Broken> {
    let mut request = client.http.put(text(url)).timeout(PATIENCE).body(bytes);
    for (name, value) in headers.as_object().into_iter().flatten() {
        request = request.header(name, text(value));
    }
    let answer = request.send().await.map_err(|error| Broken(error.to_string()))?;
    match answer.status() {
        StatusCode::OK => Ok(()),
        other => Err(Broken(format!("a PUT was answered with {other}"))),
    }
}

async fn ask(client: &Client, method: Method, path: &str, body: Option<Value>) -> Result<Answer, Broken> {
    let asked = tokio::time::timeout(PATIENCE, client.try_call(method, path, body)).await;
    asked.map_err(|_| Broken("no answer".to_owned()))?.map_err(|error| Broken(error.to_string()))
}

/// The JSON of an answer that is no server's fault. A 4xx would be the same the next time, so the test ends.
fn expect(answer: Answer) -> Result<Value, Broken> {
    if answer.status.is_server_error() {
        return Err(Broken(format!("{}: {}", answer.status, answer.json)));
    }
    assert!(answer.status.is_success(), "{}: {}", answer.status, answer.json);
    Ok(answer.json)
}
