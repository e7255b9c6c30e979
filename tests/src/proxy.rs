//! A proxy that counts bytes and breaks connections as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longer heads are no requests of ours.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const COPY_BYTES: usize = 16 * 1024;

/// What goes wrong with one connection.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It breaks once so many bytes have gone to the server.
    CutRequest(u64),
    /// It breaks once so many bytes have come from the server.
    CutAnswer(u64),
    /// The first request is answered with this status instead of being passed on.
    Answer(u16),
    /// Everything reaches the server, and its answer comes only after this time.
    Slow(Duration),
}

/// A proxy on a free port of this machine.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    upstream: Mutex<Option<SocketAddr>>,
    faults: Mutex<VecDeque<Fault>>,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Proxy {
    /// A proxy that refuses connections until it has an upstream.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            upstream: Mutex::default(),
            faults: Mutex::default(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, state.clone()));
        Self { address, state, accepting }
    }

    /// Where connections go from now on.
    pub fn lead_to(&self, upstream: SocketAddr) {
        *self.state.upstream.lock().unwrap() = Some(upstream);
    }

    /// Gives the faults to the next connections, one each.
    pub fn arm(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.faults.lock().unwrap().extend(faults);
    }

    /// Faults that no connection has had yet.
    pub fn armed(&self) -> usize {
        self.state.faults.lock().unwrap().len()
    }

    /// Bytes that went to the server.
    pub fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::Relaxed)
    }

    /// Bytes that went through, both ways.
    pub fn bytes(&self) -> u64 {
        self.sent() + self.state.received.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    // Dropped with this task, which ends every connection.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let Some(upstream) = *state.upstream.lock().unwrap() else { continue };
        let fault = state.faults.lock().unwrap().pop_front();
        let state = state.clone();
        // A connection that breaks is what this proxy is for.
        connections.spawn(async move {
            let _ = carry(client, upstream, fault, &state).await;
        });
    }
}

async fn carry(
    mut client: TcpStream,
    upstream: SocketAddr,
    fault: Option<Fault>,
    state: &State,
) -> std::io::Result<()> {
    if let Some(Fault::Answer(status)) = fault {
        read_head(&mut client).await?;
        let answer = format!("HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        client.write_all(answer.as_bytes()).await?;
        return client.shutdown().await;
    }
    let mut server = TcpStream::connect(upstream).await?;
    let (up, down, wait) = match fault {
        Some(Fault::CutRequest(bytes)) => (bytes, u64::MAX, Duration::ZERO),
        Some(Fault::CutAnswer(bytes)) => (u64::MAX, bytes, Duration::ZERO),
        Some(Fault::Slow(wait)) => (u64::MAX, u64::MAX, wait),
        _ => (u64::MAX, u64::MAX, Duration::ZERO),
    };
    let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
    // Whichever side ends first ends both: a cut is a cut.
    tokio::select! {
        ended = copy(from_client, to_server, up, Duration::ZERO, &state.sent) => ended,
        ended = copy(from_server, to_client, down, wait, &state.received) => ended,
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut left: u64,
    mut wait: Duration,
    count: &AtomicU64,
) -> std::io::Result<()> {
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(());
        }
        let read = from.read(&mut buffer[..wanted]).await?;
        if read == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::mem::take(&mut wait)).await;
        to.write_all(&buffer[..read]).await?;
        count.fetch_add(read as u64, Ordering::Relaxed);
        left -= read as u64;
    }
}

async fn read_head(client: &mut TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while head.len() < MAX_HEAD_BYTES && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut buffer = [0; 1024];
        let read = client.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        head.extend_from_slice(&buffer[..read]);
    }
    Ok(())
}
