//! A run that was cut off anywhere is gone on with: what it has stored stays, and the result is as if nothing had happened.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use telecine_process::Command;
use telecine_video::package::{Rendition, Segment, StoredObject};
use telecine_video::{OutputObject, Package, Sink, SinkError, Tools, Transcode, VideoError, Wishes, prepare};
use tokio_util::sync::CancellationToken;

use crate::checks::{check_download, check_track};
use crate::support::{Made, MemorySink, config, tool_on};

/// Keeps what is stored and what it is told of renditions, until it breaks.
pub(crate) struct Ledger {
    pub(crate) objects: MemorySink,
    pub(crate) renditions: Mutex<Vec<Rendition>>,
    /// Segments before the first one.
    pub(crate) base: usize,
    /// The object that is not stored any more, and none after it.
    breaks_at: Option<&'static str>,
    is_broken: Mutex<bool>,
}

impl Ledger {
    pub(crate) fn new(
        objects: MemorySink,
        renditions: Vec<Rendition>,
        breaks_at: Option<&'static str>,
    ) -> Self {
        Self { objects, renditions: renditions.into(), base: 0, breaks_at, is_broken: false.into() }
    }

    fn change(&self, folder: &str, change: impl FnOnce(&mut Rendition)) -> Result<(), SinkError> {
        self.check(folder)?;
        let mut renditions = self.renditions.lock().expect("a lock");
        let rendition = renditions.iter_mut().find(|rendition| rendition.track().folder() == folder);
        change(rendition.expect("it has begun"));
        Ok(())
    }

    fn check(&self, name: &str) -> Result<(), SinkError> {
        let mut is_broken = self.is_broken.lock().expect("a lock");
        *is_broken |= Some(name) == self.breaks_at;
        let broken = || SinkError { name: name.to_owned(), source: "as the test wants".into() };
        if *is_broken { Err(broken()) } else { Ok(()) }
    }
}

#[async_trait]
impl Sink for Ledger {
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError> {
        self.check(&object.name)?;
        // Pictures are made again, with the same names.
        let is_segment = object.name.contains('/');
        if !is_segment {
            self.objects.0.lock().expect("a lock").remove(&object.name);
        }
        self.objects.put(object, sha256).await
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError> {
        let bytes = Bytes::from(std::fs::read(path).expect("the file is there"));
        self.put(OutputObject { name: stored.url.clone(), content_type, bytes }, &stored.sha256).await
    }

    async fn fetch(&self, stored: &StoredObject) -> Result<Bytes, SinkError> {
        Ok(self.objects.0.lock().expect("a lock")[&stored.url].clone())
    }

    async fn begun(&self, rendition: &Rendition) -> Result<(), SinkError> {
        self.check(rendition.track().folder())?;
        self.renditions.lock().expect("a lock").push(rendition.clone());
        Ok(())
    }

    async fn grown(&self, folder: &str, index: usize, segment: &Segment) -> Result<(), SinkError> {
        self.change(folder, |rendition| {
            assert_eq!(
                self.base + rendition.track().segments.len(),
                index,
                "segments come in order and once"
            );
            rendition.track_mut().push(segment.clone());
        })
    }

    async fn ended(&self, folder: &str) -> Result<(), SinkError> {
        self.change(folder, |rendition| rendition.track_mut().complete = true)
    }

    async fn dropped(&self, folder: &str) -> Result<(), SinkError> {
        self.check(folder)?;
        self.renditions.lock().expect("a lock").retain(|rendition| rendition.track().folder() != folder);
        Ok(())
    }
}

/// A run of the same plan as always.
async fn run(input: &Path, sink: &Ledger, stored: &[Rendition], mark: &str) -> Result<Package, VideoError> {
    with_plan(input, sink, stored, mark, async |run| run.run().await).await
}

/// What the test wants of such a run.
pub(crate) async fn with_plan<T>(
    input: &Path,
    sink: &Ledger,
    stored: &[Rendition],
    mark: &str,
    work: impl AsyncFnOnce(Transcode<'_>) -> T,
) -> T {
    let (scratch, cancel, config) =
        (tempfile::tempdir().expect("a directory"), CancellationToken::new(), config());
    let tools = Tools::from(&config);
    let plan =
        prepare(&tools, &config, &Wishes::default(), input, scratch.path(), &cancel).await.expect("a plan");
    let (plan, scratch_dir, progress) = (&plan, scratch.path(), &|_| {});
    work(Transcode { tools: &tools, input, scratch_dir, plan, sink, stored, mark, progress, cancel: &cancel })
        .await
}

/// A run that breaks at an object, and one that goes on after it.
async fn broken_and_gone_on_with(input: &Path, breaks_at: &'static str) -> Made {
    let first = Ledger::new(MemorySink::default(), Vec::new(), Some(breaks_at));
    let error = run(input, &first, &[], "").await.expect_err("it breaks");
    assert!(matches!(error, VideoError::Sink(_)), "{error}");
    let stored = first.renditions.into_inner().expect("a lock");
    go_on(input, first.objects, stored).await
}

pub(crate) async fn go_on(input: &Path, objects: MemorySink, stored: Vec<Rendition>) -> Made {
    let second = Ledger::new(objects, stored.clone(), None);
    let package = run(input, &second, &stored, "_r2").await.expect("ready");
    Made { package, objects: second.objects.0.into_inner().expect("a lock"), reports: Vec::new() }
}

/// Pictures at a rate that no cut falls on, with frames that refer to later ones.
pub(crate) async fn film(folder: &Path, size: &str, seconds: u32, more: &str) -> PathBuf {
    let words = format!(
        "-v error -f lavfi -i testsrc2=s={size}:r=30000/1001:d={seconds} -f lavfi -i sine=d={seconds} \
         -c:v libx264 -preset ultrafast -bf 2 -g 300 -pix_fmt yuv420p -c:a aac {more}"
    );
    let command = Command::new("ffmpeg", folder).args(words.split_whitespace());
    let outcome = command.spawn().await.expect("it starts").wait(&CancellationToken::new()).await;
    assert!(outcome.is_success(), "{}", outcome.stderr_tail);
    folder.join(more.split_whitespace().last().expect("a name"))
}

/// The frames of a rung, each in 64 x 36 levels of brightness.
async fn frames(made: &Made, folder: &str) -> Vec<Vec<u8>> {
    let words = "-v error -i file:stream -vf scale=64:36,format=gray -fps_mode passthrough -f rawvideo -";
    let pixels = tool_on(&made.stream(folder), "ffmpeg", words).await;
    pixels.chunks_exact(64 * 36).map(<[u8]>::to_vec).collect()
}

fn difference(one: &[u8], other: &[u8]) -> f64 {
    let sum: u32 = one.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    f64::from(sum) / one.len() as f64
}

/// Every frame is more like its own one than like the one before or after it.
pub(crate) async fn check_frames(name: &str, made: &Made, whole: &Made, folder: &str) {
    let (frames, expected) = (frames(made, folder).await, frames(whole, folder).await);
    assert_eq!(frames.len(), expected.len(), "{name}");
    for (index, frame) in frames.iter().enumerate().skip(1).take(frames.len() - 2) {
        let own = difference(frame, &expected[index]);
        let others = [index - 1, index + 1].map(|other| difference(frame, &expected[other]));
        assert!(others.iter().all(|other| own < *other), "{name} frame {index}: {own} and {others:?}");
    }
}

pub(crate) async fn check_same(name: &str, made: &Made, whole: &Made) {
    assert_eq!(made.package.video.len(), whole.package.video.len(), "{name}");
    for (rung, expected) in made.package.video.iter().zip(&whole.package.video) {
        let folder = rung.track.folder();
        check_track(name, made, &rung.track, "v:0").await;
        let cuts = |track: &telecine_video::package::Track| -> Vec<(u64, u64)> {
            track.segments.iter().map(|segment| (segment.start_ticks, segment.samples)).collect()
        };
        assert_eq!(cuts(&rung.track), cuts(&expected.track), "{name} {folder}");
    }
    let sound = &made.package.audio[0].track;
    check_track(name, made, sound, "a:0").await;
    assert_eq!(sound.samples, whole.package.audio[0].track.samples, "{name}");
    check_download(name, made).await;
    let images = |made: &Made| made.package.thumbnails.as_ref().map(|thumbnails| thumbnails.images.len());
    assert_eq!(images(made), images(whole), "{name}");
    assert_eq!(made.package.warnings, [], "{name}");
}

/// The names of the segments of a rung that the second run has made.
fn second_made(made: &Made, folder: &str) -> usize {
    let of_second = |name: &&String| name.starts_with(&format!("{folder}/seg_")) && name.ends_with("_r2.m4s");
    made.objects.keys().filter(of_second).count()
}

pub(crate) async fn whole(input: &Path) -> Made {
    go_on(input, MemorySink::default(), Vec::new()).await
}

#[tokio::test]
async fn a_run_that_was_cut_off_goes_on_at_the_next_cut_with_the_same_frames() {
    let dir = tempfile::tempdir().expect("a directory");
    // One rung, with its sound and pictures in one pass.
    let late_and_early = [("v240/seg_005.m4s", 2), ("v240/seg_001.m4s", 6)];
    for (name, breaks) in [
        ("film.mp4", &late_and_early[..]),
        ("-bsf:v h264_mp4toannexb film.ts", &late_and_early[1..]),
        ("film.mkv", &late_and_early[1..]),
    ] {
        let input = film(dir.path(), "426x240", 25, name).await;
        let expected = whole(&input).await;
        // What can be copied was copied before; the ladder is what is cut off here.
        for &(breaks_at, left) in breaks {
            let made = broken_and_gone_on_with(&input, breaks_at).await;
            check_same(&format!("{name} from {breaks_at}"), &made, &expected).await;
            check_frames(name, &made, &expected, "v240").await;
            assert!(second_made(&made, "v240") <= left, "{name}: {:?}", made.objects.keys());
        }
    }
}

/// Its groups are too long for copying, so that it has two passes with a rung each.
async fn film_in_two_passes(folder: &Path) -> PathBuf {
    film(folder, "854x480", 19, "-g 600 film.mp4").await
}

#[tokio::test]
async fn rungs_that_are_stored_are_not_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = film_in_two_passes(dir.path()).await;
    let expected = whole(&input).await;
    for (breaks_at, lowest, highest) in
        [("v360/seg_003.m4s", 2, 5), ("v480/seg_002.m4s", 0, 3), ("thumb_002.jpg", 0, 0), ("video.mp4", 0, 0)]
    {
        let made = broken_and_gone_on_with(&input, breaks_at).await;
        check_same(breaks_at, &made, &expected).await;
        assert_eq!(
            (second_made(&made, "v360"), second_made(&made, "v480")),
            (lowest, highest),
            "{breaks_at}"
        );
    }
}

#[tokio::test]
async fn what_does_not_fit_is_made_again_from_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = film_in_two_passes(dir.path()).await;
    let first = Ledger::new(MemorySink::default(), Vec::new(), Some("v480/seg_003.m4s"));
    run(&input, &first, &[], "").await.expect_err("it breaks");
    let mut stored = first.renditions.into_inner().expect("a lock");
    let rung = stored.iter_mut().find(|rendition| rendition.track().folder() == "v480").expect("begun");
    rung.track_mut().init.0.sha256 = "of another encoder".to_owned();
    let made = go_on(&input, first.objects, stored).await;
    check_same("another encoder", &made, &whole(&input).await).await;
    assert_eq!(second_made(&made, "v480"), 5);
}
