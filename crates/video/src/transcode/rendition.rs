//! The reader of one pipe: from the encoder's bytes to stored segments.

use std::path::PathBuf;

use telecine_process::{Activity, PipeReader};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::progress::Progress;
use super::segmenter::{Draft, Grouping, Segmenter};
use super::splitter::{Fragment, ReadFailure, Splitter};
use super::store;
use crate::boxes::{FragmentInfo, TrackInfo};
use crate::error::VideoError;
use crate::package::{Segment, StoredObject, seconds};
use crate::sink::Sink;

const SEGMENT_TYPE: &str = "video/iso.segment";

/// Which rendition a reader makes.
#[derive(Debug)]
pub(super) struct Spec {
    /// Place in the plan, sound last.
    pub(super) index: usize,
    /// Folder of its objects: `v1080`, `audio`.
    pub(super) folder: String,
    /// `video/mp4` or `audio/mp4`.
    pub(super) mime: &'static str,
    pub(super) grouping: Grouping,
    /// Where to keep a copy of the stream for the download file.
    pub(super) copy: Option<PathBuf>,
}

/// What all readers of a run share.
pub(super) struct Shared<'a> {
    pub(super) sink: &'a dyn Sink,
    pub(super) progress: Progress<'a>,
    pub(super) activity: Activity,
    /// Seconds at most, whatever the file said before.
    pub(super) max_seconds: f64,
}

/// A whole rendition, stored.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) init: StoredObject,
    pub(super) track: TrackInfo,
    pub(super) samples: u64,
    pub(super) segments: Vec<Segment>,
}

impl Recorded {
    /// Seconds from the first to the end of the last segment.
    pub(super) fn duration(&self) -> f64 {
        let ticks = self.segments.iter().map(|segment| segment.duration_ticks).sum();
        seconds(ticks, self.track.timescale)
    }
}

/// Reads a pipe to its end; `None` when there was no sample in it.
pub(super) async fn record(
    spec: &Spec,
    pipe: PipeReader,
    shared: &Shared<'_>,
) -> Result<Option<Recorded>, ReadFailure> {
    let mut splitter = Splitter::new(pipe);
    let Some(init) = splitter.init().await? else {
        return Ok(None);
    };
    let mut copy = Copy::create(spec.copy.as_ref()).await?;
    copy.write(&init.bytes).await?;
    let mut segmenter = Segmenter::new(spec.grouping, init.track.timescale);
    let mut writer = Writer { spec, shared, timescale: init.track.timescale, segments: Vec::new() };
    let mut samples = 0;
    let mut end = 0;
    let stored_init = writer.put("init.mp4", spec.mime, init.bytes).await?;
    while let Some(fragment) = splitter.fragment(&init.track).await? {
        check(&fragment.info, end)?;
        end = fragment.info.end();
        samples += u64::from(fragment.info.samples);
        writer.advance(end)?;
        copy.write(&fragment.bytes).await?;
        push(&mut segmenter, fragment, &mut writer).await?;
    }
    if let Some(last) = segmenter.finish() {
        writer.put_segment(last).await?;
    }
    copy.finish().await?;
    let segments = writer.segments;
    Ok((!segments.is_empty()).then_some(Recorded { init: stored_init, track: init.track, samples, segments }))
}

async fn push(
    segmenter: &mut Segmenter,
    fragment: Fragment,
    writer: &mut Writer<'_>,
) -> Result<(), VideoError> {
    match segmenter.push(fragment) {
        Some(draft) => writer.put_segment(draft).await,
        None => Ok(()),
    }
}

/// What every player relies on: no gap, and a first picture that can be decoded alone and is shown at once.
fn check(info: &FragmentInfo, expected_start: u64) -> Result<(), VideoError> {
    let detail = if info.start != expected_start {
        format!("a fragment starts at {} instead of {expected_start}", info.start)
    } else if !info.starts_with_sync {
        format!("the fragment at {} does not start with a key frame", info.start)
    } else if info.first_offset != 0 {
        format!("the fragment at {} shows its first picture {} ticks off", info.start, info.first_offset)
    } else {
        return Ok(());
    };
    Err(VideoError::invalid(detail))
}

struct Writer<'a> {
    spec: &'a Spec,
    shared: &'a Shared<'a>,
    timescale: u32,
    segments: Vec<Segment>,
}

impl Writer<'_> {
    async fn put(
        &self,
        file: &str,
        content_type: &'static str,
        bytes: bytes::Bytes,
    ) -> Result<StoredObject, VideoError> {
        // While an upload is slow the encoder waits for us, which is no sign of a hang.
        let _hold = self.shared.activity.hold();
        store::put(self.shared.sink, format!("{}/{file}", self.spec.folder), content_type, bytes).await
    }

    async fn put_segment(&mut self, draft: Draft) -> Result<(), VideoError> {
        let (start, duration) = (draft.start, draft.duration);
        let file = format!("seg_{:03}.m4s", self.segments.len());
        let object = self.put(&file, SEGMENT_TYPE, draft.into_bytes()).await?;
        self.segments.push(Segment::new(object, start, duration, self.timescale));
        Ok(())
    }

    fn advance(&self, end: u64) -> Result<(), VideoError> {
        let (end, max) = (seconds(end, self.timescale), self.shared.max_seconds);
        if end > max {
            return Err(VideoError::TooLarge { detail: format!("longer than {max} s") });
        }
        self.shared.progress.advance(self.spec.index, end);
        Ok(())
    }
}

/// A file with the same bytes, or nothing.
struct Copy(Option<File>);

impl Copy {
    async fn create(path: Option<&PathBuf>) -> Result<Self, VideoError> {
        let Some(path) = path else { return Ok(Self(None)) };
        File::create(path).await.map(|file| Self(Some(file))).map_err(VideoError::Scratch)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), VideoError> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        file.write_all(bytes).await.map_err(VideoError::Scratch)
    }

    async fn finish(self) -> Result<(), VideoError> {
        let Some(mut file) = self.0 else { return Ok(()) };
        file.flush().await.map_err(VideoError::Scratch)
    }
}
