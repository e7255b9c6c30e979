//! A proxy that passes everything on and edits the heads of answers: a server with one fault.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Longer heads are not ours.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// A proxy on a free port of this machine; it ends with the test.
#[derive(Debug)]
pub struct EditingProxy {
    /// Where it listens.
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl EditingProxy {
    /// Passes requests on to `upstream`; `edit` gets the heads of request and answer and gives the new head of the answer,
    /// without its last empty line.
    pub async fn start(
        upstream: SocketAddr,
        edit: impl Fn(&str, &str) -> String + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            // Dropped with the task: so are its connections.
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, upstream, edit.clone()));
            }
        });
        Self { address, accepting }
    }
}

impl Drop for EditingProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One request a connection: the server is asked to close it after the answer.
async fn carry(
    mut client: TcpStream,
    upstream: SocketAddr,
    edit: impl Fn(&str, &str) -> String,
) -> Option<()> {
    let request = read_head(&mut client).await?;
    let mut server = TcpStream::connect(upstream).await.ok()?;
    server.write_all(format!("{request}\r\nconnection: close\r\n\r\n").as_bytes()).await.ok()?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let answering = async {
        let answer = read_head(&mut from_server).await?;
        to_client.write_all(format!("{}\r\n\r\n", edit(&request, &answer)).as_bytes()).await.ok()?;
        tokio::io::copy(&mut from_server, &mut to_client).await.ok()?;
        to_client.shutdown().await.ok()
    };
    tokio::select! {
        // The body of the request goes on until the answer is complete.
        Err(_) = tokio::io::copy(&mut from_client, &mut to_server) => None,
        done = answering => done,
    }
}

/// A head without the empty line at its end.
async fn read_head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD_BYTES {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok().map(|head| head.trim_end().to_owned())
}
