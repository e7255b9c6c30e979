//! Requests that no S3 client would send: any path, any header, any signature, cut in the middle.
//!
//! A second implementation of the signature, written from the specification: the client's mistakes do not repeat here.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use telecine_model::{Clock as _, SystemClock};
use telecine_storage::ObjectStore;
use telecine_storage::embedded::Credentials;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use url::Url;

/// The unreserved characters of the signature's encoding.
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes everything but unreserved characters.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, &ENCODED).to_string()
}

/// An answer as it came.
#[derive(Debug)]
pub struct RawAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl RawAnswer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text between `<name>` and `</name>`, the first time it occurs; empty when it does not.
    #[must_use]
    pub fn xml(&self, name: &str) -> String {
        self.xml_all(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements of this name.
    #[must_use]
    pub fn xml_all(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let rest = text.split(&open).skip(1);
        rest.filter_map(|rest| Some(rest.split_once(&close)?.0.replace("&quot;", "\""))).collect()
    }

    /// A header as text; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// Status and S3 code, for comparison in one line.
    #[must_use]
    pub fn outcome(&self) -> (u16, String) {
        (self.status.as_u16(), self.xml("Code"))
    }
}

/// A request under construction. The path is sent exactly as given.
#[derive(Debug, Clone)]
pub struct RawRequest {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl RawRequest {
    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header, which is signed. The name must be in lower case.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Changes the body, which must be text as far as it is changed.
    #[must_use]
    pub fn with_body(mut self, change: impl FnOnce(String) -> String) -> Self {
        let text = String::from_utf8(self.body.to_vec()).unwrap();
        let changed = change(text.clone());
        assert_ne!(changed, text);
        self.body = changed.into();
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// A bucket on an S3 server, without a client.
#[derive(Debug, Clone)]
pub struct RawS3 {
    host: String,
    bucket: String,
    credentials: Credentials,
}

impl RawS3 {
    /// Talks to `bucket` on a plain HTTP endpoint.
    #[must_use]
    pub fn new(endpoint: &Url, credentials: Credentials, bucket: &str) -> Self {
        let host = format!("{}:{}", endpoint.host_str().unwrap(), endpoint.port_or_known_default().unwrap());
        Self { host, bucket: bucket.to_owned(), credentials }
    }

    /// The name of the bucket.
    #[must_use]
    pub fn bucket_name(&self) -> &str {
        &self.bucket
    }

    /// A request for an object; every byte of the key but unreserved ones and `/` is encoded.
    #[must_use]
    pub fn object(&self, method: Method, key: &str) -> RawRequest {
        let path = key.split('/').map(encode).collect::<Vec<_>>().join("/");
        self.path(method, &format!("/{}/{path}", self.bucket))
    }

    /// A request for the bucket.
    #[must_use]
    pub fn bucket(&self, method: Method) -> RawRequest {
        self.path(method, &format!("/{}", self.bucket))
    }

    /// A request for any path.
    #[must_use]
    pub fn path(&self, method: Method, path: &str) -> RawRequest {
        let (query, headers) = (Vec::new(), Vec::new());
        RawRequest { method, path: path.to_owned(), query, headers, body: Bytes::new() }
    }

    /// Signs and sends.
    pub async fn send(&self, request: RawRequest) -> RawAnswer {
        let signed = self.signed(request);
        self.send_unsigned(signed).await
    }

    /// Sends as it is.
    pub async fn send_unsigned(&self, request: RawRequest) -> RawAnswer {
        let mut builder = Request::builder().method(&request.method).uri(target(&request));
        for (name, value) in [("host".to_owned(), self.host.clone())].iter().chain(&request.headers) {
            builder = builder.header(name, value);
        }
        let stream = TcpStream::connect(&self.host).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(builder.body(Full::new(request.body)).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        drop(sender);
        // The server may close its side first; the answer is whole by now.
        let _ = connection.await.unwrap();
        RawAnswer { status: head.status, headers: head.headers, body }
    }

    /// Sends the head as it is and the first bytes of the body, and gives the open connection.
    pub async fn send_head_and(&self, request: &RawRequest, body_bytes: usize) -> TcpStream {
        let length = request.body.len().to_string();
        self.open(&request.clone().header("content-length", &length), &request.body[..body_bytes]).await
    }

    async fn open(&self, request: &RawRequest, sent: &[u8]) -> TcpStream {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", request.method, target(request), self.host);
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        stream.write_all(sent).await.unwrap();
        stream
    }

    /// Signs, sends the head and `sent` of the announced bytes, and gives the open connection.
    pub async fn send_partly(&self, request: RawRequest, announced: u64, sent: &[u8]) -> TcpStream {
        let request = self.signed(request.header("content-length", &announced.to_string()));
        self.open(&request, sent).await
    }

    /// Removes every object, then the bucket: a real server is left as it was found.
    pub async fn remove_bucket(&self, store: &ObjectStore) {
        for object in store.list("").await.unwrap() {
            self.send(self.object(Method::DELETE, &object.key)).await;
        }
        for upload in store.list_multipart_uploads("").await.unwrap() {
            let abort = self.object(Method::DELETE, &upload.key).query("uploadId", &upload.upload_id);
            self.send(abort).await;
        }
        self.send(self.bucket(Method::DELETE)).await;
    }

    /// Adds the headers of a signature over everything but the body.
    #[must_use]
    pub fn signed(&self, mut request: RawRequest) -> RawRequest {
        let now = SystemClock.now();
        let date = amz_date(now);
        request.headers.push(("x-amz-date".to_owned(), date.clone()));
        request.headers.push(("x-amz-content-sha256".to_owned(), "UNSIGNED-PAYLOAD".to_owned()));
        let mut covered = request.headers.clone();
        covered.push(("host".to_owned(), self.host.clone()));
        covered.sort();
        let names = covered.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let lines: String =
            covered.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let canonical = format!(
            "{}\n{}\n{}\n{lines}\n{names}\nUNSIGNED-PAYLOAD",
            request.method,
            request.path,
            canonical_query(&request)
        );
        let scope = format!("{}/us-east-1/s3/aws4_request", &date[..8]);
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
        let signature = hex::encode(hmac(&self.signing_key(&date[..8]), to_sign.as_bytes()));
        let credential = format!("{}/{scope}", self.credentials.access_key_id);
        request.headers.push((
            "authorization".to_owned(),
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"),
        ));
        request
    }

    /// `key/day/region/s3/aws4_request`, for a signature of this date.
    pub(crate) fn credential(&self, date: &str) -> String {
        format!("{}/{}/us-east-1/s3/aws4_request", self.credentials.access_key_id, &date[..8])
    }

    /// The signature of a text.
    pub(crate) fn sign(&self, date: &str, text: &str) -> String {
        hex::encode(hmac(&self.signing_key(&date[..8]), text.as_bytes()))
    }

    fn signing_key(&self, day: &str) -> Vec<u8> {
        let first = format!("AWS4{}", self.credentials.secret_access_key.expose_secret()).into_bytes();
        [day, "us-east-1", "s3", "aws4_request"].iter().fold(first, |key, part| hmac(&key, part.as_bytes()))
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// A time as signatures write it.
pub(crate) fn amz_date(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn canonical_query(request: &RawRequest) -> String {
    let mut pairs: Vec<_> =
        request.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.sort();
    pairs.join("&")
}

fn target(request: &RawRequest) -> String {
    match canonical_query(request).as_str() {
        "" => request.path.clone(),
        query => format!("{}?{query}", request.path),
    }
}
