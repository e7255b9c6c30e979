//! The one run of ffmpeg with its readers, and whose fault it is when it fails.

use futures::future::join_all;
use telecine_process::{Command, Outcome, PipeReader, Running};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::rendition::{Recorded, Shared, Spec, record};
use super::segmenter::Grouping;
use super::splitter::ReadFailure;
use super::{MAX_PICTURE_BYTES, Scratch, Transcode};
use crate::command::{FIRST_RENDITION_FD, PICTURE_COPY_FILE, PROGRESS_FD, SOUND_COPY_FILE, transcode_args};
use crate::error::VideoError;
use crate::plan::Plan;

/// Short side of the rung offered for download, in pixels.
const DOWNLOAD_SHORT_SIDE: u32 = 1080;

/// Seconds by which an output may pass the limit of the duration: a file may be a frame longer than it says.
const DURATION_SLACK_SECONDS: f64 = 1.0;

/// What the run has made.
#[derive(Debug)]
pub(super) struct Encoded {
    /// In the order of the plan.
    pub(super) video: Vec<Recorded>,
    /// `None` without a sound track, or when there is nothing in it.
    pub(super) audio: Option<Recorded>,
    /// Whether the decoder complained.
    pub(super) has_errors: bool,
}

/// Runs the encoder and stores what comes out of its pipes.
pub(super) async fn encode(run: &Transcode<'_>, scratch: &Scratch) -> Result<Encoded, VideoError> {
    let specs = specs(run.plan, scratch);
    let mut running = start(run, scratch, specs.len()).await?;
    let pipes: Vec<PipeReader> =
        (FIRST_RENDITION_FD..).zip(&specs).filter_map(|(fd, _)| running.take_pipe(fd)).collect();
    let reports = running.take_pipe(PROGRESS_FD);
    let shared = Shared {
        sink: run.sink,
        progress: Progress::new(run.progress, planned_seconds(run.plan)),
        activity: running.activity(),
        max_seconds: f64::from(run.tools.max_duration_seconds) + DURATION_SLACK_SECONDS,
    };
    let stop = run.cancel.child_token();
    let readers = specs.iter().zip(pipes).map(|(spec, pipe)| record_or_stop(spec, pipe, &shared, &stop));
    let (outcome, read, ()) = tokio::join!(running.wait(&stop), join_all(readers), drain(reports));
    let mut recorded = settle(run, &outcome, read)?;
    let audio = if run.plan.audio.is_some() { recorded.pop().flatten() } else { None };
    let video: Vec<Recorded> = recorded.into_iter().flatten().collect();
    Ok(Encoded { video, audio, has_errors: has_error_line(&outcome) })
}

async fn start(run: &Transcode<'_>, scratch: &Scratch, renditions: usize) -> Result<Running, VideoError> {
    let command = Command::new(&run.tools.ffmpeg, scratch.path())
        .args(transcode_args(run.plan, run.tools))
        .limits(run.limits(MAX_PICTURE_BYTES))
        .pipe(PROGRESS_FD);
    let command = (FIRST_RENDITION_FD..).take(renditions).fold(command, Command::pipe);
    command.spawn().await.map_err(|error| VideoError::not_started("ffmpeg", &error))
}

/// The renditions in the order of their pipes.
fn specs(plan: &Plan, scratch: &Scratch) -> Vec<Spec> {
    let rungs = plan.video.iter().flat_map(|video| &video.rungs);
    let download = download_index(plan);
    let mut specs: Vec<Spec> = rungs
        .enumerate()
        .map(|(index, rung)| Spec {
            index,
            folder: format!("v{}", rung.short_side),
            mime: "video/mp4",
            grouping: Grouping::EachFragment,
            copy: (Some(index) == download).then(|| scratch.path().join(PICTURE_COPY_FILE)),
        })
        .collect();
    if plan.audio.is_some() {
        specs.push(Spec {
            index: specs.len(),
            folder: "audio".to_owned(),
            mime: "audio/mp4",
            grouping: Grouping::NearCuts,
            copy: download.map(|_| scratch.path().join(SOUND_COPY_FILE)),
        });
    }
    specs
}

/// Place in the ladder of the rung offered for download; `None` without pictures.
pub(super) fn download_index(plan: &Plan) -> Option<usize> {
    plan.video.as_ref()?.rungs.iter().position(|rung| rung.short_side <= DOWNLOAD_SHORT_SIDE)
}

fn planned_seconds(plan: &Plan) -> impl Iterator<Item = Option<f64>> {
    let video = plan.video.iter().flat_map(|video| video.rungs.iter().map(|_| video.duration));
    let audio = plan.audio.iter().map(|audio| audio.duration);
    video.chain(audio).map(|own| own.or(plan.file_duration))
}

type Read = Result<Option<Recorded>, ReadFailure>;

/// A reader that fails for a reason of its own ends the encoder. A cut pipe is left to the encoder's own ending.
async fn record_or_stop(
    spec: &Spec,
    pipe: PipeReader,
    shared: &Shared<'_>,
    stop: &CancellationToken,
) -> Read {
    let read = record(spec, pipe, shared).await;
    if let Err(ReadFailure::Other(_)) = &read {
        stop.cancel();
    }
    read
}

/// Reads and forgets: that something arrives is all we want to know.
pub(super) async fn drain(pipe: Option<impl AsyncRead + Unpin>) {
    let Some(mut pipe) = pipe else { return };
    let mut chunk = vec![0; 4096];
    while let Ok(1..) = pipe.read(&mut chunk).await {}
}

/// Finds the cause among everything that failed: a reader's own error made the encoder stop, so it comes first; the
/// encoder's ending explains cut pipes, so these come last.
fn settle(
    run: &Transcode<'_>,
    outcome: &Outcome,
    read: Vec<Read>,
) -> Result<Vec<Option<Recorded>>, VideoError> {
    let mut recorded = Vec::new();
    let mut is_cut = false;
    let mut own = None;
    for result in read {
        match result {
            Ok(rendition) => recorded.push(rendition),
            Err(ReadFailure::Cut) => is_cut = true,
            Err(ReadFailure::Other(error)) => own = own.or(Some(error)),
        }
    }
    let ended = VideoError::from_outcome("ffmpeg", outcome);
    if run.cancel.is_cancelled() && ended.is_some() {
        return Err(VideoError::Cancelled);
    }
    match own.or(ended) {
        Some(error) => Err(error),
        None if is_cut => Err(VideoError::invalid("an output ends inside a box")),
        None => Ok(recorded),
    }
}

fn has_error_line(outcome: &Outcome) -> bool {
    ["[error]", "[fatal]"].iter().any(|level| outcome.stderr_tail.contains(level))
}
