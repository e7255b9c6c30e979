//! The reader of one pipe: from the encoder's bytes to stored segments.

use std::path::PathBuf;

use telecine_process::{Activity, PipeReader};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::progress::Progress;
use super::segmenter::{Draft, Grouping, Segmenter};
use super::splitter::{Fragment, Init, ReadFailure, Splitter};
use super::store;
use crate::boxes::FragmentInfo;
use crate::error::VideoError;
use crate::package::{
    AudioRendition, InitSegment, Rendition, Segment, StoredObject, Track, VideoRendition, seconds,
};
use crate::plan::{Seek, Size};
use crate::probe::Rate;
use crate::sink::Sink;

const SEGMENT_TYPE: &str = "video/iso.segment";

/// What the encoder is told to make of every sound track.
const CHANNELS: u32 = 2;
const SAMPLE_RATE: u32 = 48_000;

/// Which rendition a reader makes.
#[derive(Debug)]
pub(super) struct Spec {
    /// Place in the plan, sound last.
    pub(super) index: usize,
    /// Folder of its objects: `v1080`, `audio`.
    pub(super) folder: String,
    /// Name for people: `1080p`, `audio`.
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) grouping: Grouping,
    /// Seconds that no segment is longer than.
    pub(super) longest_segment: u32,
    /// Seconds it should have, where that is known.
    pub(super) planned: Option<f64>,
    /// Where to keep a copy of the stream for the download file.
    pub(super) copy: Option<PathBuf>,
    /// What earlier runs have stored of it.
    pub(super) known: Option<Rendition>,
    /// What the encoder has left out at the beginning.
    pub(super) skipped: Option<Seek>,
}

/// What there is to say of a rendition beside its stream.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Video { size: Size, rate: Rate },
    Audio { language: Option<String> },
}

/// What all readers of a run share.
pub(super) struct Shared<'a> {
    pub(super) sink: &'a dyn Sink,
    /// Put into the names of segments.
    pub(super) mark: &'a str,
    pub(super) progress: Progress<'a>,
    pub(super) activity: Activity,
    /// Seconds at most, whatever the file said before.
    pub(super) max_seconds: f64,
}

impl Spec {
    /// Lets the rendition go on after what is stored. Its download copy has to be read back from there.
    pub(super) fn go_on(&mut self, known: Option<&Rendition>, seek: Option<&Seek>) {
        self.known = known.cloned();
        if matches!(self.kind, Kind::Video { .. })
            && let Some(seek) = seek
        {
            (self.skipped, self.copy) = (Some(seek.clone()), None);
            self.planned = seek.until.map_or(self.planned, |until| Some(until.seconds));
        }
    }

    /// Ticks of what the encoder has left out.
    fn skipped_ticks(&self, timescale: u32) -> Result<u64, VideoError> {
        let (Some(seek), Kind::Video { rate, .. }) = (&self.skipped, &self.kind) else { return Ok(0) };
        let ticks = u128::from(seek.frame) * u128::from(timescale) * u128::from(rate.denominator);
        match u64::try_from(ticks / u128::from(rate.numerator.max(1))) {
            Ok(whole) if ticks % u128::from(rate.numerator.max(1)) == 0 => Ok(whole),
            _ => Err(VideoError::invalid(format!("a cut at no tick of {timescale}"))),
        }
    }

    /// Segments before the first one that is known of.
    fn base(&self) -> usize {
        self.skipped.as_ref().map_or(0, |seek| seek.base)
    }

    fn mime(&self) -> &'static str {
        match self.kind {
            Kind::Video { .. } => "video/mp4",
            Kind::Audio { .. } => "audio/mp4",
        }
    }

    /// The rendition before its first segment.
    fn rendition(&self, init: StoredObject, codecs: String, timescale: u32) -> Rendition {
        let track = Track {
            id: self.id.clone(),
            mime: self.mime().to_owned(),
            codecs,
            bandwidth: 0,
            average_bandwidth: 0,
            complete: false,
            longest_segment: self.longest_segment,
            timescale,
            samples: 0,
            init: InitSegment(init),
            segments: Vec::new(),
        };
        match self.kind.clone() {
            Kind::Video { size: Size { width, height }, rate: frame_rate } => {
                Rendition::Video(VideoRendition { track, width, height, frame_rate })
            }
            Kind::Audio { language } => Rendition::Audio(AudioRendition {
                track,
                language,
                channels: CHANNELS,
                sample_rate: SAMPLE_RATE,
            }),
        }
    }
}

/// Reads a pipe to its end; `None` when there was no sample in it.
pub(super) async fn record(
    spec: &Spec,
    pipe: PipeReader,
    shared: &Shared<'_>,
) -> Result<Option<Rendition>, ReadFailure> {
    let mut splitter = Splitter::new(pipe);
    let Some(Init { bytes, track }) = splitter.init().await? else {
        return Ok(None);
    };
    let mut copy = Copy::create(spec.copy.as_ref()).await?;
    copy.write(&bytes).await?;
    let mut segmenter = Segmenter::new(spec.grouping, track.timescale, spec.planned);
    let mut writer = Writer::new(spec, shared, bytes);
    let skipped = spec.skipped_ticks(track.timescale)?;
    let mut end = skipped;
    while let Some(fragment) = splitter.fragment(&track).await? {
        let fragment = fragment.later(skipped)?;
        check(&fragment.info, end)?;
        end = fragment.info.end();
        if writer.rendition.is_none() {
            writer.begin(&track.codecs, track.timescale).await?;
        }
        writer.advance(end, track.timescale)?;
        copy.write(&fragment.bytes).await?;
        push(&mut segmenter, fragment, &mut writer).await?;
    }
    if let Some(last) = segmenter.finish() {
        writer.put_segment(last).await?;
    }
    copy.finish().await?;
    Ok(writer.end().await?)
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
    /// Kept until the first sample shows that there is something to begin.
    bytes_of_init: Option<bytes::Bytes>,
    rendition: Option<Rendition>,
    /// Number of the next segment.
    next: usize,
}

impl<'a> Writer<'a> {
    fn new(spec: &'a Spec, shared: &'a Shared<'a>, bytes_of_init: bytes::Bytes) -> Self {
        let next = spec.skipped.as_ref().map_or(0, |seek| seek.segments);
        Self { spec, shared, bytes_of_init: Some(bytes_of_init), rendition: None, next }
    }

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

    async fn begin(&mut self, codecs: &str, timescale: u32) -> Result<(), VideoError> {
        let bytes = self.bytes_of_init.take().unwrap_or_default();
        if let Some(known) = &self.spec.known {
            // Another version of the encoder makes segments that do not go with what is stored.
            if known.track().init.0.sha256 != store::sha256(bytes).await? {
                return Err(VideoError::invalid(format!("{} begins in another way", self.spec.folder)));
            }
            self.rendition = Some(known.clone());
            return Ok(());
        }
        // Chunks are begun at the same time, by encoders that may differ.
        let chunk = match self.spec.base() {
            0 => String::new(),
            base => format!("_c{base}"),
        };
        let init = format!("init{chunk}{}.mp4", self.shared.mark);
        let init = self.put(&init, self.spec.mime(), bytes).await?;
        let rendition = self.spec.rendition(init, codecs.to_owned(), timescale);
        self.shared.sink.begun(&rendition).await?;
        self.rendition = Some(rendition);
        Ok(())
    }

    async fn put_segment(&mut self, draft: Draft) -> Result<(), VideoError> {
        self.check_length(&draft)?;
        let (start, duration, samples) = (draft.start, draft.duration, draft.samples);
        let index = self.next;
        self.next += 1;
        let known = self.rendition.as_ref().map(|rendition| &rendition.track().segments);
        let stored = known.and_then(|known| known.get(index.checked_sub(self.spec.base())?));
        if let Some(stored) = stored {
            let is_same =
                (stored.start_ticks, stored.duration_ticks, stored.samples) == (start, duration, samples);
            let folder = &self.spec.folder;
            return if is_same {
                Ok(())
            } else {
                Err(VideoError::invalid(format!("segment {index} of {folder} was cut in another way")))
            };
        }
        let file = format!("seg_{index:03}{}.m4s", self.shared.mark);
        let object = self.put(&file, SEGMENT_TYPE, draft.into_bytes()).await?;
        let Some(rendition) = &mut self.rendition else { return Ok(()) };
        let track = rendition.track_mut();
        let segment = Segment::new(object, start, duration, samples, track.timescale);
        self.shared.sink.grown(&self.spec.folder, index, &segment).await?;
        track.push(segment);
        Ok(())
    }

    /// Playlists have said how long a segment is at most.
    fn check_length(&self, draft: &Draft) -> Result<(), VideoError> {
        let Some(track) = self.rendition.as_ref().map(Rendition::track) else { return Ok(()) };
        let length = seconds(draft.duration, track.timescale);
        if length.round() > f64::from(track.longest_segment) {
            let (start, max) = (seconds(draft.start, track.timescale), track.longest_segment);
            return Err(VideoError::invalid(format!(
                "the segment at {start:.3} s has {length:.3} s, {max} at most"
            )));
        }
        Ok(())
    }

    async fn end(self) -> Result<Option<Rendition>, VideoError> {
        let Some(mut rendition) = self.rendition.filter(|rendition| !rendition.track().segments.is_empty())
        else {
            return Ok(None);
        };
        self.shared.sink.ended(&self.spec.folder).await?;
        rendition.track_mut().complete = true;
        Ok(Some(rendition))
    }

    fn advance(&self, end: u64, timescale: u32) -> Result<(), VideoError> {
        let (end, max) = (seconds(end, timescale), self.shared.max_seconds);
        if end > max {
            return Err(VideoError::TooLong { detail: format!("longer than {max} s") });
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
