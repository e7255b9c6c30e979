//! The parent's side: a few children that work, one image each at a time. A child serves many images, because starting one
//! costs as much as a small image does; one that has died, hung or grown is replaced.

mod output;
mod worker;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use telecine_process::{Ending, Outcome};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::error::{ImageError, Refusal};
use crate::report::Report;
use crate::wire::{Answer, Question};
use crate::wish::Wish;

pub use output::{Existing, Output};

use output::Files;
use worker::{Ended, Worker};

/// Time that a still image has from question to answer, unless told otherwise. Processor time is limited more tightly; this is for
/// machines that are busy.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// An animation has so many times as long.
const ANIMATION_PATIENCE: u32 = 3;

/// Children that somebody else has killed, before an image is given up.
const TRIES: u32 = 2;

/// Exit code of a Rust program that has panicked.
const PANICKED: i32 = 101;

/// Signals by which others end a process; the rest are of its own making.
const FROM_OUTSIDE: [i32; 5] = [1, 2, 3, 9, 15];

/// How the children are started.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// The absolute path of a program that calls [`child::serve`](crate::child::serve), and nothing before it that needs files.
    pub program: PathBuf,
    /// What it has to be told for that.
    pub args: Vec<OsString>,
    /// Children at most, and images at a time: one for each core is most useful.
    pub children: usize,
    /// Time from question to answer; animations have three times as long.
    pub time_limit: Duration,
}

impl PoolConfig {
    /// A program and its arguments, one child, and the usual limit of time.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self { program: program.into(), args, children: 1, time_limit: TIME_LIMIT }
    }
}

/// Children that make variants of images. They are killed when it is dropped.
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    slots: Semaphore,
    idle: Mutex<Vec<Worker>>,
    /// Where the children run: empty.
    dir: TempDir,
}

impl Pool {
    /// A pool without children yet; they are started as images come.
    ///
    /// # Errors
    /// When there is no place for an empty folder.
    pub fn new(config: PoolConfig) -> io::Result<Self> {
        let slots = Semaphore::new(config.children.max(1));
        Ok(Self { config, slots, idle: Mutex::default(), dir: tempfile::tempdir()? })
    }

    /// Makes the variants of an image. Each appears under its name at once and whole, or not at all.
    ///
    /// # Errors
    /// Every way in which a file can be no image that is taken; files that cannot be read or written; a child that cannot be
    /// started.
    pub async fn make(
        &self,
        wish: &Wish,
        input: &Path,
        output: &Output,
        cancel: &CancellationToken,
    ) -> Result<Report, ImageError> {
        wish.check()?;
        output.check(wish)?;
        let _slot = tokio::select! {
            slot = self.slots.acquire() => slot,
            () = cancel.cancelled() => return Err(ImageError::Cancelled),
        };
        let mut tries = 1;
        loop {
            let image = open(input).map_err(ImageError::Input)?;
            let files = Files::create(output, wish)?;
            let failed = match self.ask(wish, &image, &files, cancel).await? {
                Ok(Answer::Made(made)) => return files.keep(output, wish, made),
                Ok(Answer::Refused(refusal)) => return Err(refusal.into()),
                Ok(Answer::NotRead(detail)) => return Err(ImageError::Input(io::Error::other(detail))),
                Ok(Answer::NotWritten(detail)) => return Err(output.failed(io::Error::other(detail))),
                Err(ended) => failure(ended),
            };
            match failed {
                ImageError::Child { detail } if tries < TRIES => {
                    warn!("the image decoder ended ({detail}), will try again");
                    tries += 1;
                }
                failed => return Err(failed),
            }
        }
    }

    /// Asks a child; the child's end is an answer, too.
    async fn ask(
        &self,
        wish: &Wish,
        image: &File,
        files: &Files,
        cancel: &CancellationToken,
    ) -> Result<Result<Answer, Ended>, ImageError> {
        let idle = self.idle().pop();
        let mut worker = match idle {
            Some(worker) => worker,
            None => Worker::start(&self.config, self.dir.path()).await?,
        };
        let mut handed = vec![image.as_fd()];
        handed.extend(files.handles());
        let patience = if wish.wants_animation() { ANIMATION_PATIENCE } else { 1 };
        let question = Question { wish: wish.clone() };
        let answer = worker.ask(&question, &handed, self.config.time_limit * patience, cancel).await;
        if answer.is_ok() && !worker.is_worn() {
            self.idle().push(worker);
        }
        Ok(answer)
    }

    /// Lets the children end in order and waits until they have: whoever waits for this process then sees what they took.
    pub async fn close(self) {
        let idle = std::mem::take(&mut *self.idle());
        for worker in idle {
            worker.close().await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a file, and nothing that would wait for a writer.
fn open(input: &Path) -> io::Result<File> {
    if !std::fs::metadata(input)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
    }
    File::open(input)
}

/// What the end of a child means for the image that it had.
fn failure(ended: Ended) -> ImageError {
    match ended {
        Ended::Cancelled => ImageError::Cancelled,
        Ended::TimedOut => Refusal::TimedOut.into(),
        Ended::Lost(detail) => ImageError::Child { detail },
        Ended::Died(outcome) => death(&outcome),
    }
}

fn death(outcome: &Outcome) -> ImageError {
    // Rust says so before it aborts; decoders in C report it as an error.
    if outcome.stderr_tail.contains("memory allocation of") {
        return Refusal::TooLarge { detail: "it takes more memory than an image may".to_owned() }.into();
    }
    match outcome.ending {
        Ending::CpuLimit | Ending::TimedOut => Refusal::TimedOut.into(),
        Ending::Signalled(signal) if !FROM_OUTSIDE.contains(&signal) => crash(outcome),
        Ending::Exited(PANICKED) => crash(outcome),
        ending => ImageError::Child { detail: format!("{ending:?} {}", outcome.last_lines(2)) },
    }
}

fn crash(outcome: &Outcome) -> ImageError {
    warn!(child.ending = ?outcome.ending, child.stderr = %outcome.last_lines(8), "an image has crashed its decoder");
    Refusal::corrupt("it crashes its decoder").into()
}
