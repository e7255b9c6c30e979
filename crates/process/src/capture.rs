//! What is kept of a child's output: the first bytes of stdout, the last ones of stderr, both with a cap.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt};

const CHUNK_BYTES: usize = 16 * 1024;

/// The first bytes of a stream, up to a cap; the rest is read and thrown away so that the writer never blocks.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_cut: bool,
    cap: usize,
}

impl Head {
    pub(crate) fn new(cap: usize) -> Self {
        Self { bytes: Vec::new(), is_cut: false, cap }
    }

    /// Reads to the end; a read error counts as the end.
    pub(crate) async fn fill(&mut self, mut from: impl AsyncRead + Unpin) {
        let mut chunk = vec![0; CHUNK_BYTES];
        while let Ok(read @ 1..) = from.read(&mut chunk).await {
            let room = self.cap - self.bytes.len();
            self.bytes.extend_from_slice(&chunk[..read.min(room)]);
            self.is_cut |= read > room;
        }
    }
}

/// The last bytes of a stream.
#[derive(Debug)]
pub(crate) struct Tail {
    bytes: VecDeque<u8>,
    cap: usize,
}

impl Tail {
    pub(crate) fn new(cap: usize) -> Self {
        Self { bytes: VecDeque::new(), cap }
    }

    /// Reads to the end; a read error counts as the end.
    pub(crate) async fn fill(&mut self, mut from: impl AsyncRead + Unpin) {
        let mut chunk = vec![0; CHUNK_BYTES];
        while let Ok(read @ 1..) = from.read(&mut chunk).await {
            self.bytes.extend(&chunk[..read]);
            let excess = self.bytes.len().saturating_sub(self.cap);
            self.bytes.drain(..excess);
        }
    }

    pub(crate) fn into_text(self) -> String {
        String::from_utf8_lossy(&Vec::from(self.bytes)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_head_keeps_the_first_bytes_and_says_that_it_was_cut() {
        let mut head = Head::new(4);
        head.fill(&b"abcdef"[..]).await;
        assert_eq!((head.bytes.as_slice(), head.is_cut), (&b"abcd"[..], true));
        let mut whole = Head::new(6);
        whole.fill(&b"abcdef"[..]).await;
        assert!(!whole.is_cut);
    }

    #[tokio::test]
    async fn the_tail_keeps_the_last_bytes() {
        let mut tail = Tail::new(4);
        tail.fill(&b"abcdef"[..]).await;
        assert_eq!(tail.into_text(), "cdef");
    }
}
