//! A run of ffmpeg with its readers, and whose fault it is when it fails.

use std::cmp::Reverse;

use futures::future::join_all;
use telecine_process::{Command, Outcome, PipeReader, Running};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::rendition::{Kind, Shared, Spec, record};
use super::segmenter::Grouping;
use super::splitter::ReadFailure;
use super::{MAX_PICTURE_BYTES, Scratch, Transcode, resume};
use crate::command::{FIRST_RENDITION_FD, PROGRESS_FD, SOUND_COPY_FILE, picture_copy_file, transcode_args};
use crate::error::VideoError;
use crate::package::{AudioRendition, Rendition, USUAL_LONGEST_SEGMENT, VideoRendition};
use crate::plan::{Pass, Pictures, Plan, Seek, VideoPlan};

/// Folder and name of the rendition that holds the source's own pictures.
pub const SOURCE_FOLDER: &str = "source";

/// Seconds by which an output may pass the limit of the duration: a file may be a frame longer than it says.
const DURATION_SLACK_SECONDS: f64 = 1.0;

/// Where a pass starts.
#[derive(Debug)]
pub(super) enum Start {
    /// At the beginning, with nothing stored.
    Fresh,
    /// Something is stored already: the encoder starts at a cut, or at the beginning for `None`, and what comes again is
    /// not stored again.
    GoesOn(Option<Seek>),
    /// Nowhere: everything is stored already.
    Whole(Box<Encoded>),
}

impl Start {
    pub(super) fn goes_on(&self) -> bool {
        matches!(self, Self::GoesOn(_))
    }

    /// Whether there are pictures that the encoder does not see.
    pub(super) fn has_skipped(&self) -> bool {
        matches!(self, Self::GoesOn(Some(_)) | Self::Whole(_))
    }

    fn seek(&self) -> Option<&Seek> {
        match self {
            Self::GoesOn(seek) => seek.as_ref(),
            Self::Fresh | Self::Whole(_) => None,
        }
    }
}

/// Frames of each rendition that an encoder of constant rate may repeat at the end of a film.
const MAX_REPEATED: u64 = 4;

/// What the runs have made.
#[derive(Debug, Clone, Default)]
pub(super) struct Encoded {
    /// In the order of the plan.
    pub(super) video: Vec<VideoRendition>,
    /// `None` without a sound track, or when there is nothing in it.
    pub(super) audio: Option<AudioRendition>,
    /// Whether the decoder complained.
    pub(super) has_errors: bool,
}

impl Encoded {
    /// Adds what another pass has made.
    pub(super) fn add(&mut self, other: Self) {
        self.video.extend(other.video);
        self.video.sort_by_key(|rendition| Reverse(rendition.width.min(rendition.height)));
        self.audio = self.audio.take().or(other.audio);
        self.has_errors |= other.has_errors;
    }

    /// Adds a rendition. What was copied is for the time until there is a ladder, and no part of the result.
    pub(super) fn take(&mut self, pass: &Pass, rendition: Rendition) {
        match rendition {
            Rendition::Video(_) if pass.pictures == Pictures::Copied => {}
            Rendition::Video(rendition) => self.video.push(rendition),
            Rendition::Audio(rendition) => self.audio = Some(rendition),
        }
    }
}

/// Runs the encoder and stores what comes out of its pipes. `progress` is told the share of this pass.
pub(super) async fn encode(
    run: &Transcode<'_>,
    pass: &Pass,
    scratch: &Scratch,
    progress: &(dyn Fn(f64) + Send + Sync),
    start: &Start,
) -> Result<Encoded, VideoError> {
    let mut specs = specs(run.plan, pass, scratch);
    for spec in specs.iter_mut().filter(|_| start.goes_on()) {
        spec.go_on(resume::stored(run, spec), start.seek());
    }
    let mut running = spawn(run, pass, scratch, specs.len(), start.seek()).await?;
    let pipes: Vec<PipeReader> =
        (FIRST_RENDITION_FD..).zip(&specs).filter_map(|(fd, _)| running.take_pipe(fd)).collect();
    let reports = running.take_pipe(PROGRESS_FD);
    let planned = specs.iter().map(|spec| spec.planned.or(run.plan.file_duration));
    let shared = Shared {
        sink: run.sink,
        mark: run.mark,
        progress: Progress::new(progress, planned),
        activity: running.activity(),
        max_seconds: f64::from(run.tools.max_duration_seconds) + DURATION_SLACK_SECONDS,
    };
    let stop = run.cancel.child_token();
    let readers = specs.iter().zip(pipes).map(|(spec, pipe)| record_or_stop(spec, pipe, &shared, &stop));
    let (outcome, read, repeated) = tokio::join!(running.wait(&stop), join_all(readers), repeats(reports));
    let mut encoded = Encoded { has_errors: has_error_line(&outcome), ..Encoded::default() };
    for rendition in settle(run, &outcome, read)?.into_iter().flatten() {
        encoded.take(pass, rendition);
    }
    match start.seek() {
        // A decoder that was sent to a time and arrived later leaves a gap, which the encoder fills.
        Some(seek) if seek.decoded_from > 0.0 && repeated > MAX_REPEATED * specs.len() as u64 => {
            Err(VideoError::invalid(format!("{repeated} frames were missing after {:.3} s", seek.seconds)))
        }
        _ => Ok(encoded),
    }
}

async fn spawn(
    run: &Transcode<'_>,
    pass: &Pass,
    scratch: &Scratch,
    renditions: usize,
    seek: Option<&Seek>,
) -> Result<Running, VideoError> {
    let command = scratch
        .command(&run.tools.ffmpeg)
        .args(transcode_args(run.plan, pass, run.tools, seek))
        .limits(run.limits(MAX_PICTURE_BYTES))
        .pipe(PROGRESS_FD);
    let command = (FIRST_RENDITION_FD..).take(renditions).fold(command, Command::pipe);
    command.spawn().await.map_err(|error| VideoError::not_started("ffmpeg", &error))
}

/// The renditions of a pass in the order of their pipes.
pub(super) fn specs(plan: &Plan, pass: &Pass, scratch: &Scratch) -> Vec<Spec> {
    let has_downloads = !plan.downloads.is_empty();
    let mut specs = Vec::new();
    let of_video = |video: &VideoPlan, folder: String, id: String, size| Spec {
        index: 0,
        folder,
        id,
        kind: Kind::Video { size, rate: video.rate },
        grouping: Grouping::EachFragment,
        longest_segment: USUAL_LONGEST_SEGMENT,
        planned: video.duration,
        copy: None,
        known: None,
        skipped: None,
    };
    match (&plan.video, &pass.pictures) {
        (Some(_), Pictures::Rungs(_)) if !pass.encodes => {}
        (Some(video), Pictures::Copied) => specs.push(Spec {
            grouping: Grouping::Groups,
            longest_segment: video.copy.map_or(USUAL_LONGEST_SEGMENT, |copy| copy.longest_segment),
            ..of_video(video, SOURCE_FOLDER.to_owned(), SOURCE_FOLDER.to_owned(), video.display)
        }),
        (Some(video), Pictures::Rungs(rungs)) => {
            specs.extend(rungs.clone().map(|index| {
                let rung = &video.rungs[index];
                let (folder, id) = (rung.folder(), format!("{}p", rung.short_side));
                Spec {
                    copy: plan
                        .downloads
                        .contains(&index)
                        .then(|| scratch.path().join(picture_copy_file(rung))),
                    ..of_video(video, folder, id, rung.size)
                }
            }));
        }
        (None, _) => {}
    }
    if let Some(audio) = plan.audio.as_ref().filter(|_| pass.sound) {
        specs.push(Spec {
            index: 0,
            folder: "audio".to_owned(),
            id: "audio".to_owned(),
            kind: Kind::Audio { language: audio.language.clone() },
            grouping: Grouping::NearCuts,
            longest_segment: USUAL_LONGEST_SEGMENT,
            planned: audio.duration,
            copy: has_downloads.then(|| scratch.path().join(SOUND_COPY_FILE)),
            known: None,
            skipped: None,
        });
    }
    specs.into_iter().enumerate().map(|(index, spec)| Spec { index, ..spec }).collect()
}

type Read = Result<Option<Rendition>, ReadFailure>;

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

/// The frames that the encoder has repeated, as its last report says.
async fn repeats(pipe: Option<impl AsyncRead + Unpin>) -> u64 {
    let Some(pipe) = pipe else { return 0 };
    let (mut lines, mut repeated) = (BufReader::new(pipe).lines(), 0);
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(count) = line.strip_prefix("dup_frames=") {
            repeated = count.trim().parse().unwrap_or(repeated);
        }
    }
    repeated
}

/// Finds the cause among everything that failed: a reader's own error made the encoder stop, so it comes first; the
/// encoder's ending explains cut pipes, so these come last.
fn settle(
    run: &Transcode<'_>,
    outcome: &Outcome,
    read: Vec<Read>,
) -> Result<Vec<Option<Rendition>>, VideoError> {
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
