//! A web server that answers as a test tells it: late, cut off, wrong, or right.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// GET, POST and so on.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The head, in lower case.
    pub head: String,
    /// The body.
    pub body: Bytes,
}

/// What the head says about the length of the body.
#[derive(Debug, Clone, Copy)]
enum Length {
    Right,
    Wrong(usize),
    Unsaid,
}

/// What to answer.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: String,
    body: Bytes,
    length: Length,
    hangs: bool,
}

impl Reply {
    /// A status and a body.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: String::new(), body: body.into(), length: Length::Right, hangs: false }
    }

    /// 200 and a body.
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self::new(200, body)
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        Self::new(302, "").header("location", to)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Announces more bytes than come before the connection ends.
    #[must_use]
    pub fn announcing(mut self, bytes: usize) -> Self {
        self.length = Length::Wrong(bytes);
        self
    }

    /// Announces no length: the body ends with the connection.
    #[must_use]
    pub fn unannounced(mut self) -> Self {
        self.length = Length::Unsaid;
        self
    }

    /// Keeps the connection open and says nothing more after what there is.
    #[must_use]
    pub fn hanging(mut self) -> Self {
        self.hangs = true;
        self
    }
}

/// A running server; it ends with the test.
#[derive(Debug)]
pub struct Origin {
    /// Where it listens.
    pub url: Url,
    received: Arc<Mutex<Vec<Received>>>,
    serving: JoinHandle<()>,
}

impl Origin {
    /// Serves what `answer` makes of each request.
    pub async fn start<A, F>(answer: A) -> Self
    where
        A: Fn(Received) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = received.clone();
        let serving = tokio::spawn(async move {
            // Dropped with the task: so are its connections.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, answer.clone(), log.clone()));
            }
        });
        Self { url, received, serving }
    }

    /// The address of a path.
    pub fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }

    /// The place as settings write it.
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.url.port().unwrap())
    }

    /// The requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve<A, F>(mut stream: TcpStream, answer: A, log: Arc<Mutex<Vec<Received>>>)
where
    A: Fn(Received) -> F,
    F: Future<Output = Reply>,
{
    let Some(request) = read(&mut stream).await else { return };
    log.lock().unwrap().push(request.clone());
    let reply = answer(request).await;
    let length = match reply.length {
        Length::Right => format!("content-length: {}\r\n", reply.body.len()),
        Length::Wrong(bytes) => format!("content-length: {bytes}\r\n"),
        Length::Unsaid => String::new(),
    };
    let head = format!("HTTP/1.1 {} -\r\nconnection: close\r\n{length}{}\r\n", reply.status, reply.headers);
    // The client may have left; that is its right.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&reply.body).await;
    let _ = stream.flush().await;
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received { method, path, head, body: body.into() })
}
