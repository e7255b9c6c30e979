//! The body of a PUT on its way to a temporary file: streamed, hashed, measured, checked, synced.
//!
//! Memory is two buffers a request: while one is written and hashed on a blocking thread, the other fills. No thread
//! waits for a slow client.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::BytesMut;
use futures::StreamExt as _;
use md5::{Digest as _, Md5};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};
use tokio::task::JoinHandle;

use super::checksum::{Checksums, Hashers};
use super::durable::TempFile;
use super::failure::disk;
use super::store::Store;

/// Bytes written and hashed at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// The largest body of one request, as in S3: 5 GiB.
pub(super) const MAX_BODY_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// How long a body is to be, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// As the head of the request announces.
    Exactly(u64),
    /// As a form's policy allows, both ends included.
    Within { min: u64, max: u64 },
}

impl Length {
    /// The fewest bytes that may come.
    fn min(self) -> u64 {
        match self {
            Self::Exactly(length) => length,
            Self::Within { min, .. } => min,
        }
    }

    /// The most bytes that may come.
    fn max(self) -> u64 {
        match self {
            Self::Exactly(length) => length,
            Self::Within { max, .. } => max,
        }
    }

    /// Errors: a size that was not announced. Asked at the end of a body, and when it grows beyond `max`.
    fn check(self, size: u64) -> S3Result<()> {
        match self {
            Self::Exactly(length) if size > length => {
                Err(s3_error!(IncompleteBody, "the body is longer than announced"))
            }
            Self::Exactly(length) if size < length => {
                Err(s3_error!(IncompleteBody, "the body is shorter than announced"))
            }
            Self::Within { max, .. } if size > max => {
                Err(s3_error!(EntityTooLarge, "the policy allows at most {max} bytes"))
            }
            Self::Within { min, .. } if size < min => {
                Err(s3_error!(EntityTooSmall, "the policy asks for at least {min} bytes"))
            }
            _ => Ok(()),
        }
    }
}

/// What the request says about its body.
pub(super) struct Announced {
    pub(super) length: Length,
    pub(super) content_md5: Option<[u8; 16]>,
    pub(super) checksums: Checksums,
    /// The `x-amz-trailer` header: checksums that follow the body.
    pub(super) trailers: Option<TrailingHeaders>,
}

impl Announced {
    /// Reads the announcement. Errors: no length, a length above 5 GiB, a Content-MD5 that is none.
    pub(super) fn new(
        length: Option<i64>,
        content_md5: Option<&str>,
        checksums: Checksums,
        trailers: Option<TrailingHeaders>,
    ) -> S3Result<Self> {
        let Some(length) = length.and_then(|length| u64::try_from(length).ok()) else {
            return Err(s3_error!(MissingContentLength, "the length of the body must be announced"));
        };
        if length > MAX_BODY_BYTES {
            return Err(s3_error!(EntityTooLarge, "a single request carries at most 5 GiB"));
        }
        let content_md5 = content_md5.map(parse_md5).transpose()?;
        Ok(Self { length: Length::Exactly(length), content_md5, checksums, trailers })
    }
}

/// The MD5 of a `Content-MD5`. Errors: a text that is none.
pub(super) fn parse_md5(text: &str) -> S3Result<[u8; 16]> {
    let bytes = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| s3_error!(InvalidDigest, "Content-MD5 is not the base64 of 16 bytes"))
}

/// A body that arrived whole and as announced, synced, still under its temporary name.
pub(super) struct Received {
    pub(super) file: TempFile,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksums: Checksums,
}

/// Receives a body into `temp`. Errors leave nothing behind.
pub(super) async fn receive(
    store: &Arc<Store>,
    body: Option<StreamingBlob>,
    temp: TempFile,
    announced: Announced,
) -> S3Result<Received> {
    let hashers = announced.checksums.hashers();
    let (owned, length) = (Arc::clone(store), announced.length);
    let create = move || {
        owned.space.check(length.min())?;
        Sink::create(temp, hashers).map_err(disk)
    };
    let mut writer = Writer::start(off_thread(create).await?);
    let mut size = 0;
    if let Some(mut body) = body {
        let mut buffer = BytesMut::with_capacity(BUFFER_BYTES);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| {
                s3_error!(IncompleteBody, "the body broke off, or does not match its signature or length")
            })?;
            size += chunk.len() as u64;
            if size > length.max() {
                length.check(size)?;
            }
            for piece in chunk.chunks(BUFFER_BYTES) {
                if buffer.len() + piece.len() > BUFFER_BYTES {
                    buffer = writer.swap(buffer).await?;
                }
                buffer.extend_from_slice(piece);
            }
        }
        writer.swap(buffer).await?;
    }
    length.check(size)?;
    let sink = writer.finish().await?;
    off_thread(move || sink.seal(size, &announced)).await
}

/// Work on a temporary file may be abandoned: nothing is committed here.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> S3Result<T> + Send + 'static) -> S3Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(S3Error::internal_error(panic)))
}

/// The file and the hashes over it; lives on blocking threads.
struct Sink {
    temp: TempFile,
    file: File,
    md5: Md5,
    hashers: Hashers,
}

impl Sink {
    fn create(temp: TempFile, hashers: Hashers) -> io::Result<Self> {
        let file = temp.create()?;
        Ok(Self { temp, file, md5: Md5::new(), hashers })
    }

    fn absorb(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.update(bytes);
        self.hashers.update(bytes);
        self.file.write_all(bytes)
    }

    fn seal(self, size: u64, announced: &Announced) -> S3Result<Received> {
        let md5: [u8; 16] = self.md5.finalize().into();
        if announced.content_md5.is_some_and(|wanted| wanted != md5) {
            return Err(s3_error!(BadDigest, "the body does not match its Content-MD5"));
        }
        let checksums = announced.checksums.verify(self.hashers, announced.trailers.as_ref())?;
        self.file.sync_all().map_err(disk)?;
        Ok(Received { file: self.temp, size, md5, checksums })
    }
}

/// Hands buffers to the sink, one at a time.
struct Writer {
    idle: Option<(Sink, BytesMut)>,
    busy: Option<JoinHandle<io::Result<(Sink, BytesMut)>>>,
}

impl Writer {
    fn start(sink: Sink) -> Self {
        Self { idle: Some((sink, BytesMut::with_capacity(BUFFER_BYTES))), busy: None }
    }

    /// Starts writing `full` and gives back an empty buffer.
    async fn swap(&mut self, full: BytesMut) -> S3Result<BytesMut> {
        let (mut sink, empty) = self.wait().await?;
        self.busy = Some(tokio::task::spawn_blocking(move || {
            sink.absorb(&full)?;
            let mut emptied = full;
            emptied.clear();
            Ok((sink, emptied))
        }));
        Ok(empty)
    }

    async fn finish(mut self) -> S3Result<Sink> {
        self.wait().await.map(|(sink, _)| sink)
    }

    async fn wait(&mut self) -> S3Result<(Sink, BytesMut)> {
        let done = match (self.idle.take(), self.busy.take()) {
            (Some(idle), _) => Ok(idle),
            (None, Some(busy)) => busy.await.unwrap_or_else(|panic| Err(io::Error::other(panic))),
            (None, None) => Err(io::Error::other("an earlier write has failed")),
        };
        done.map_err(disk)
    }
}
