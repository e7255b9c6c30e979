//! One child and the socket to it.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use telecine_process::{Command, Limits, Outcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::PoolConfig;
use crate::error::ImageError;
use crate::limits::CPU_SECONDS;
use crate::wire::{self, Answer, Question};

/// Address space of a child: twice what the largest image takes, and the program itself.
const ADDRESS_SPACE_BYTES: u64 = 512 * 1024 * 1024;

/// Bytes of a file that a child may write.
const MAX_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Images that a child serves before it is replaced, whatever it looks like.
const MAX_IMAGES: u32 = 1000;

/// Resident bytes above which a child is replaced. One that makes pictures of phones stays at half of that.
const WORN_BYTES: u64 = 128 * 1024 * 1024;

/// Bytes of stdout that are kept: it says nothing there.
const STDOUT_BYTES: usize = 1024;

/// Time that an idle child has to end.
const END_GRACE: Duration = Duration::from_secs(5);

/// Why there is no answer.
pub(super) enum Ended {
    /// The child has ended.
    Died(Outcome),
    /// It took too long; it is killed with its worker.
    TimedOut,
    /// The caller wants no answer any more.
    Cancelled,
    /// It lives, and what it says makes no sense.
    Lost(String),
}

/// A child; it is killed when this is dropped.
pub(super) struct Worker {
    socket: UnixStream,
    ended: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    pid: i32,
    images: u32,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("pid", &self.pid).field("images", &self.images).finish_non_exhaustive()
    }
}

impl Worker {
    pub(super) async fn start(config: &PoolConfig, dir: &Path) -> Result<Self, ImageError> {
        let failed = |error: &dyn fmt::Display| ImageError::Child { detail: error.to_string() };
        let limits = Limits {
            cpu_seconds: Some(CPU_SECONDS * u64::from(MAX_IMAGES)),
            address_space_bytes: Some(ADDRESS_SPACE_BYTES),
            file_size_bytes: Some(MAX_OUTPUT_BYTES),
            ..Limits::default()
        };
        let command = Command::new(&config.program, dir).args(&config.args).limits(limits);
        let spawned = command.alone().socket().stdout_cap_bytes(STDOUT_BYTES).spawn().await;
        let mut running = spawned.map_err(|error| failed(&error))?;
        let socket = running.take_socket().ok_or_else(|| failed(&"it has no socket"))?;
        let pid = running.id();
        // Nobody cancels the child itself: dropping this future kills it.
        let ended = Box::pin(async move { running.wait(&CancellationToken::new()).await });
        Ok(Self { socket, ended, pid, images: 0 })
    }

    /// Hands the files over and waits for the answer.
    pub(super) async fn ask(
        &mut self,
        question: &Question,
        files: &[BorrowedFd<'_>],
        time_limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<Answer, Ended> {
        self.images += 1;
        let Self { socket, ended, .. } = self;
        let talk = async {
            match talk(socket, question, files).await {
                Ok(answer) => Ok(answer),
                // A socket that closes is a child that ends, and its end says more.
                Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(Ended::Died(ended.await)),
                Err(error) => Err(Ended::Lost(error.to_string())),
            }
        };
        tokio::select! {
            answer = talk => answer,
            () = tokio::time::sleep(time_limit) => Err(Ended::TimedOut),
            () = cancel.cancelled() => Err(Ended::Cancelled),
        }
    }

    /// Lets the child end, which it does when nobody can ask any more.
    pub(super) async fn close(self) {
        let Self { socket, ended, .. } = self;
        drop(socket);
        // One that does not is killed here.
        let _ = tokio::time::timeout(END_GRACE, ended).await;
    }

    /// Whether it should not be asked again.
    pub(super) fn is_worn(&self) -> bool {
        self.images >= MAX_IMAGES || resident_bytes(self.pid).is_some_and(|bytes| bytes > WORN_BYTES)
    }
}

async fn talk(socket: &mut UnixStream, question: &Question, files: &[BorrowedFd<'_>]) -> io::Result<Answer> {
    let bytes = wire::encode(question)?;
    let send = || wire::send_with_files(socket.as_fd(), &bytes, files);
    let sent = socket.async_io(Interest::WRITABLE, send).await?;
    socket.write_all(&bytes[sent..]).await?;
    let mut announced = [0; 4];
    socket.read_exact(&mut announced).await?;
    let mut answer = vec![0; wire::length(announced)?];
    socket.read_exact(&mut answer).await?;
    serde_json::from_slice(&answer).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Memory that a process holds, where the system tells: the second field of `/proc/<pid>/statm`, in pages.
fn resident_bytes(pid: i32) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
