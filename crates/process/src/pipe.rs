//! Pipes from a child: made before it starts, inherited under a given number, read here.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::unix::pipe::Receiver;

use crate::activity::Activity;

/// Bytes a pipe holds, where the system allows: Linux gives 64 KiB unasked and up to 1 MiB without privileges.
#[cfg(target_os = "linux")]
const PIPE_BUFFER_BYTES: usize = 1024 * 1024;

/// Our end of a pipe the child writes into. Every byte that arrives counts as a sign of life.
#[derive(Debug)]
pub struct PipeReader {
    receiver: Receiver,
    activity: Activity,
}

impl PipeReader {
    /// A new pipe: our end, and the end for the child.
    pub(crate) fn open(activity: &Activity) -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = io::pipe()?;
        enlarge(&ours);
        let receiver = Receiver::from_owned_fd(OwnedFd::from(ours))?;
        Ok((Self { receiver, activity: activity.clone() }, OwnedFd::from(theirs)))
    }
}

#[cfg(target_os = "linux")]
fn enlarge(pipe: &io::PipeReader) {
    // Refused when the user's pipe quota is used up; the small buffer works as well, only slower.
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BUFFER_BYTES);
}

#[cfg(not(target_os = "linux"))]
fn enlarge(_pipe: &io::PipeReader) {}

impl AsyncRead for PipeReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.receiver).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.note();
        }
        polled
    }
}
