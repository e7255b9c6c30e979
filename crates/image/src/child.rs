//! The child: answers questions on its standard input, one image after the other, until nobody asks any more. It is one
//! thread, and opens nothing: files come to it open.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::error::Refusal;
use crate::limits::{ANIMATION_CPU_SECONDS, CPU_SECONDS, MAX_FILE_BYTES};
use crate::pages;
use crate::pipeline::{self, Product};
use crate::wire::{self, Answer, Made, Question};
use crate::wish::Wish;

/// Serves images until the other end of standard input is closed. Only for a process that a [`Pool`](crate::Pool) has started.
///
/// # Errors
/// When standard input is no socket, or what comes over it makes no sense.
pub fn serve() -> io::Result<()> {
    serve_with(|_| {})
}

/// The same, with a look at every file before anything is done with it: tests crash there.
///
/// # Errors
/// As for [`serve`].
#[doc(hidden)]
pub fn serve_with(look: impl Fn(&[u8])) -> io::Result<()> {
    pages::give_back_start();
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut bytes = Vec::new();
    while let Some((question, files)) = wire::receive(&mut socket)? {
        let answer = work(&question, files, &mut bytes, &look)?;
        wire::answer(&mut socket, &answer)?;
        bytes.clear();
    }
    Ok(())
}

fn work(
    question: &Question,
    files: Vec<OwnedFd>,
    bytes: &mut Vec<u8>,
    look: impl Fn(&[u8]),
) -> io::Result<Answer> {
    let mut files = files.into_iter().map(File::from);
    let (Some(input), outputs) = (files.next(), files.collect::<Vec<_>>()) else {
        return Err(io::Error::other("a question without files"));
    };
    if outputs.len() != question.wish.variants.len() {
        return Err(io::Error::other("a file is missing"));
    }
    match read(input, bytes) {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) => return Ok(Answer::Refused(refusal)),
        Err(error) => return Ok(Answer::NotRead(error.to_string())),
    }
    limit_cpu(&question.wish)?;
    look(bytes);
    let product = match pipeline::process(bytes, &question.wish) {
        Ok(product) => product,
        Err(refusal) => return Ok(Answer::Refused(refusal)),
    };
    Ok(match write(&product, outputs) {
        Ok(()) => Answer::Made(Made::from(&product)),
        Err(error) => Answer::NotWritten(error.to_string()),
    })
}

/// Reads the file, but never more than may be; it may grow while it is read.
fn read(input: File, bytes: &mut Vec<u8>) -> io::Result<Result<(), Refusal>> {
    let size = input.metadata()?.len();
    let too_large =
        |size| Refusal::TooLarge { detail: format!("{size} bytes, at most {MAX_FILE_BYTES} are accepted") };
    if size > MAX_FILE_BYTES {
        return Ok(Err(too_large(size)));
    }
    bytes.reserve_exact(usize::try_from(size).unwrap_or_default());
    let read = input.take(MAX_FILE_BYTES + 1).read_to_end(bytes)? as u64;
    Ok(if read > MAX_FILE_BYTES { Err(too_large(read)) } else { Ok(()) })
}

fn write(product: &Product, outputs: Vec<File>) -> io::Result<()> {
    for (made, mut output) in product.variants.iter().zip(outputs) {
        output.write_all(&product.files[made.file])?;
    }
    Ok(())
}

/// Gives this image so many seconds of the processor. The kernel counts those of the process, so that the limit moves on with
/// each image, up to the one that the process was started with.
fn limit_cpu(wish: &Wish) -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
    let may = if wish.wants_animation() { ANIMATION_CPU_SECONDS } else { CPU_SECONDS };
    let maximum = getrlimit(Resource::Cpu).maximum;
    let current = Some((used + 1 + may).min(maximum.unwrap_or(u64::MAX)));
    Ok(setrlimit(Resource::Cpu, Rlimit { current, maximum })?)
}
