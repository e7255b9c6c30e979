//! Reference files, a sink in memory, and the whole way from a file to a package.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use telecine_process::Command;
use telecine_video::package::StoredObject;
use telecine_video::{
    OutputObject, Package, Preset, Sink, SinkError, Tools, Transcode, VideoConfig, VideoError, Wishes,
    prepare,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Bytes of decoded pictures or sound a test looks at.
const MAX_DECODED_BYTES: usize = 64 * 1024 * 1024;

/// Keeps what a run has stored.
#[derive(Default)]
pub(crate) struct MemorySink(pub(crate) Mutex<BTreeMap<String, Bytes>>);

#[async_trait]
impl Sink for MemorySink {
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError> {
        assert_eq!(sha256.len(), 64);
        let before = self.0.lock().expect("a lock").insert(object.name.clone(), object.bytes);
        assert!(before.is_none(), "{} is stored once", object.name);
        Ok(())
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError> {
        let bytes = Bytes::from(std::fs::read(path).expect("the file is there"));
        assert_eq!(stored.bytes, bytes.len() as u64);
        self.put(OutputObject { name: stored.url.clone(), content_type, bytes }, &stored.sha256).await
    }

    async fn fetch(&self, stored: &StoredObject) -> Result<Bytes, SinkError> {
        Ok(self.0.lock().expect("a lock")[&stored.url].clone())
    }
}

/// A finished run.
pub(crate) struct Made {
    pub(crate) package: Package,
    pub(crate) objects: BTreeMap<String, Bytes>,
    pub(crate) reports: Vec<f64>,
}

/// A reference file: from the repository, or from the larger collection where that is at hand.
pub(crate) fn media(name: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/media");
    let found = [own, shared_media()].into_iter().map(|dir| dir.join(name)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: {name} is not here");
    }
    found
}

/// The names of all files of the larger collection, where that is at hand.
pub(crate) fn collection() -> Option<BTreeSet<String>> {
    let folder = shared_media();
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!(
            "skipped: {} is not here, so nobody looks whether the table has all of it",
            folder.display()
        );
        return None;
    };
    let names = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
    Some(names.filter(|name| name != "README.md").collect())
}

fn shared_media() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let set = std::env::var_os("TELECINE_SHARED_MEDIA").map(PathBuf::from);
    set.unwrap_or_else(|| crate_dir.join("../../../shared/media"))
}

/// Settings for tests: the fastest preset, because what is tested is not how a picture looks.
pub(crate) fn config() -> VideoConfig {
    VideoConfig { preset: Some(Preset::Ultrafast), ..VideoConfig::default() }
}

/// With other settings and wishes, when nothing is to go wrong.
pub(crate) async fn process_planned(input: &Path, config: &VideoConfig, wishes: &Wishes) -> Made {
    let (scratch, sink, cancel) =
        (tempfile::tempdir().expect("a directory"), MemorySink::default(), CancellationToken::new());
    let tools = Tools::from(config);
    let plan = prepare(&tools, config, wishes, input, scratch.path(), &cancel).await.expect("a plan");
    let run = Transcode {
        tools: &tools,
        input,
        scratch_dir: scratch.path(),
        plan: &plan,
        sink: &sink,
        stored: &[],
        mark: "",
        progress: &|_| {},
        cancel: &cancel,
    };
    let package = run.run().await.expect("ready");
    Made { package, objects: sink.0.into_inner().expect("a lock"), reports: Vec::new() }
}

/// From a file to a package.
pub(crate) async fn process(input: &Path) -> Result<Made, VideoError> {
    let (config, sink, cancel) = (config(), MemorySink::default(), CancellationToken::new());
    let reports = Mutex::new(Vec::new());
    let report = |share| reports.lock().expect("a lock").push(share);
    let package = process_with(&Tools::from(&config), input, &sink, &report, &cancel).await?;
    let objects = sink.0.into_inner().expect("a lock");
    Ok(Made { package, objects, reports: reports.into_inner().expect("a lock") })
}

/// The same with everything given. Checks that the scratch directory is empty afterwards.
pub(crate) async fn process_with(
    tools: &Tools,
    input: &Path,
    sink: &dyn Sink,
    progress: &(dyn Fn(f64) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Package, VideoError> {
    let scratch = tempfile::tempdir().expect("a directory");
    process_in(scratch.path(), tools, input, sink, progress, cancel).await
}

/// The same in a directory of the test's own.
pub(crate) async fn process_in(
    scratch_dir: &Path,
    tools: &Tools,
    input: &Path,
    sink: &dyn Sink,
    progress: &(dyn Fn(f64) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Package, VideoError> {
    let config = config();
    let real = Tools::from(&config);
    let plan =
        prepare(&real, &config, &Wishes::default(), input, scratch_dir, &CancellationToken::new()).await?;
    let made =
        Transcode { tools, input, scratch_dir, plan: &plan, sink, stored: &[], mark: "", progress, cancel };
    let made = made.run().await;
    let left: Vec<_> = std::fs::read_dir(scratch_dir).expect("a directory").collect();
    assert!(left.is_empty(), "the scratch directory is left clean: {left:?}");
    made
}

/// Runs a tool with arguments separated by spaces on bytes stored as the file `stream`; returns its stdout.
pub(crate) async fn tool_on(bytes: &[u8], program: &str, words: &str) -> Vec<u8> {
    let dir: TempDir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("stream"), bytes).expect("the disk has room");
    let command =
        Command::new(program, dir.path()).args(words.split(' ')).stdout_cap_bytes(MAX_DECODED_BYTES);
    let outcome = command.spawn().await.expect("the tool starts").wait(&CancellationToken::new()).await;
    assert!(outcome.is_success(), "{program} {words}: {:?} {}", outcome.ending, outcome.stderr_tail);
    outcome.stdout
}

impl Made {
    /// Init and media segments of a rendition, one after the other, as a player appends them.
    pub(crate) fn stream(&self, folder: &str) -> Vec<u8> {
        let video = self.package.video.iter().map(|rendition| &rendition.track);
        let mut tracks = video.chain(self.package.audio.iter().map(|rendition| &rendition.track));
        if let Some(track) = tracks.find(|track| track.folder() == folder) {
            let segments = track.segments.iter().map(|segment| &segment.object);
            let objects = std::iter::once(&track.init.0).chain(segments);
            return objects.flat_map(|object| self.objects[&object.url].to_vec()).collect();
        }
        let mut bytes = self.objects[&format!("{folder}/init.mp4")].to_vec();
        let segments = (0..).map_while(|index| self.objects.get(&format!("{folder}/seg_{index:03}.m4s")));
        segments.for_each(|segment| bytes.extend_from_slice(segment));
        bytes
    }
}
