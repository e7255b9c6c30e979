//! What parent and child say to each other: a length of four bytes and JSON. The first bytes of a question carry the open
//! files.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::format::Format;
use crate::limits::MAX_VARIANTS;
use crate::pipeline::Product;
use crate::report::{Kept, Source};
use crate::wish::Wish;

/// Bytes of a message; a wish with all variants has 3000, an answer 4000.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Files that go with a question: the image, and one for each variant.
pub(crate) const MAX_FILES: usize = MAX_VARIANTS + 1;

/// Room for them as the system packs them.
const ANCILLARY_BYTES: usize = rustix::cmsg_space!(ScmRights(MAX_FILES));

/// What is to be done with the files that come along: the image first, then one to write for each variant.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) wish: Wish,
}

/// What became of them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The variants are written.
    Made(Made),
    /// The image is not taken; nothing is written.
    Refused(Refusal),
    /// The image could not be read.
    NotRead(String),
    /// A variant could not be written.
    NotWritten(String),
}

/// A product without its bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) source: Source,
    pub(crate) variants: Vec<Variant>,
    pub(crate) thumbhash: String,
    pub(crate) blurred: String,
}

/// One variant, as it was written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Variant {
    pub(crate) format: Format,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) frames: u32,
    pub(crate) kept: Kept,
    pub(crate) made_bytes: Option<u64>,
}

impl From<&Product> for Made {
    fn from(product: &Product) -> Self {
        let variant = |made: &crate::pipeline::Made| Variant {
            format: made.format,
            width: made.size.0,
            height: made.size.1,
            frames: made.frames,
            kept: made.kept,
            made_bytes: made.made_bytes,
        };
        Self {
            source: product.source.clone(),
            variants: product.variants.iter().map(variant).collect(),
            thumbhash: product.placeholder.thumbhash.clone(),
            blurred: product.placeholder.blurred.clone(),
        }
    }
}

/// A message with its length before it.
pub(crate) fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = bytes.len() - 4;
    match u32::try_from(length) {
        Ok(length_field) if length <= MAX_MESSAGE_BYTES => {
            bytes[..4].copy_from_slice(&length_field.to_le_bytes())
        }
        _ => return Err(io::Error::other("a message is too long")),
    }
    Ok(bytes)
}

/// The length of a message that these bytes announce.
pub(crate) fn length(announced: [u8; 4]) -> io::Result<usize> {
    match u32::from_le_bytes(announced) as usize {
        length if length <= MAX_MESSAGE_BYTES => Ok(length),
        _ => Err(io::Error::other("a message is too long")),
    }
}

/// Sends bytes with open files, without waiting; how many bytes went.
pub(crate) fn send_with_files(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    files: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); ANCILLARY_BYTES];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(io::Error::other("too many files"));
    }
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?)
}

/// Waits for a question and its files; `None` when nobody will ask any more.
pub(crate) fn receive(socket: &mut UnixStream) -> io::Result<Option<(Question, Vec<OwnedFd>)>> {
    let (mut announced, mut files) = ([0; 4], Vec::new());
    let mut space = [MaybeUninit::uninit(); ANCILLARY_BYTES];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::io::retry_on_intr(|| {
        let mut parts = [IoSliceMut::new(&mut announced)];
        recvmsg(socket.as_fd(), &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)
    })?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    if received.bytes == 0 {
        return Ok(None);
    }
    socket.read_exact(&mut announced[received.bytes..])?;
    let question = read_json(socket, length(announced)?)?;
    Ok(Some((question, files)))
}

/// Answers.
pub(crate) fn answer(socket: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    socket.write_all(&encode(answer)?)
}

fn read_json<T: DeserializeOwned>(socket: &mut UnixStream, length: usize) -> io::Result<T> {
    let mut bytes = vec![0; length];
    socket.read_exact(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
