//! Runs that end early: killed, hung, cancelled, without storage, without tools. No process stays.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rustix::process::{Pid, Signal, kill_process};
use telecine_video::package::StoredObject;
use telecine_video::{OutputObject, Sink, SinkError, Tools, VideoError};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::{MemorySink, config, media, process_in, process_with};

/// Five seconds in full HD, whose pictures can be copied.
const CLIP: &str = "bbb_1080p24_5s_aac51.mp4";

/// Encodes, and stays when it is done, so that it still runs when its first output arrives.
const STAYING: &str = "sh -c 'ffmpeg \"$@\"; case \"$*\" in *libx264*) sleep 1000;; esac' sh \"$@\"";

/// A stand-in for ffmpeg that becomes `program`, and the folder that it works in.
struct Traced {
    dir: TempDir,
    tools: Tools,
}

impl Traced {
    fn new(program: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let script = dir.path().join("tool");
        std::fs::write(&script, format!("#!/bin/sh\nexec {program}\n")).expect("the disk has room");
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("it is ours");
        std::fs::create_dir(dir.path().join("scratch")).expect("a directory");
        let tools = Tools { ffmpeg: script, ..Tools::from(&config()) };
        Self { dir, tools }
    }

    fn scratch(&self) -> PathBuf {
        self.dir.path().join("scratch")
    }

    async fn run(&self, sink: &dyn Sink, cancel: &CancellationToken) -> VideoError {
        let input = media(CLIP).expect("it is in the repository");
        let made = process_in(&self.scratch(), &self.tools, &input, sink, &|_| {}, cancel).await;
        let error = made.expect_err("the run ends early");
        assert!(processes_in(&self.scratch()).is_empty(), "the process is gone and reaped");
        error
    }
}

/// The processes that work below a folder.
fn processes_in(folder: &Path) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").expect("a list of processes").flatten();
    let of_folder = entries.filter(|entry| {
        std::fs::read_link(entry.path().join("cwd")).is_ok_and(|working_dir| working_dir.starts_with(folder))
    });
    of_folder.filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)).collect()
}

/// Sends a signal to the processes that work below a folder; there is at least one.
fn signal(folder: &Path, signal: Signal) {
    let running = processes_in(folder);
    assert!(!running.is_empty(), "it runs");
    for pid in running {
        let _ = kill_process(pid, signal);
    }
}

/// Does something when the first object of the largest rung arrives.
struct OnFirst<F> {
    act: F,
    has_acted: AtomicBool,
}

fn on_first<F>(act: F) -> OnFirst<F> {
    OnFirst { act, has_acted: AtomicBool::new(false) }
}

impl<F: Fn() -> Result<(), SinkError>> OnFirst<F> {
    fn object(&self, name: &str) -> Result<(), SinkError> {
        let is_first = name.starts_with("v1080/") && !self.has_acted.swap(true, Ordering::SeqCst);
        if is_first { (self.act)() } else { Ok(()) }
    }
}

#[async_trait]
impl<F: Fn() -> Result<(), SinkError> + Send + Sync> Sink for OnFirst<F> {
    async fn put(&self, object: OutputObject, _sha256: &str) -> Result<(), SinkError> {
        self.object(&object.name)
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        _content_type: &'static str,
        _path: &Path,
    ) -> Result<(), SinkError> {
        self.object(&stored.url)
    }
}

#[tokio::test]
async fn a_killed_encoder_is_noticed_and_may_be_tried_again() {
    let traced = Traced::new(STAYING);
    let scratch = traced.scratch();
    let sink = on_first(move || {
        signal(&scratch, Signal::KILL);
        Ok(())
    });
    let error = traced.run(&sink, &CancellationToken::new()).await;
    assert_eq!((error.code().as_str(), error.code().is_retryable()), ("video_resources", true), "{error}");
}

#[tokio::test]
async fn an_encoder_that_is_asked_to_end_by_somebody_else_may_be_tried_again() {
    let traced = Traced::new(STAYING);
    let scratch = traced.scratch();
    let sink = on_first(move || {
        signal(&scratch, Signal::TERM);
        Ok(())
    });
    let error = traced.run(&sink, &CancellationToken::new()).await;
    assert_eq!((error.code().as_str(), error.code().is_retryable()), ("video_resources", true), "{error}");
}

#[tokio::test]
async fn a_hung_encoder_is_noticed() {
    let mut traced = Traced::new("sleep 1000");
    traced.tools.silence_timeout = Duration::from_millis(500);
    let error = traced.run(&MemorySink::default(), &CancellationToken::new()).await;
    assert_eq!(error.code().as_str(), "video_stalled", "{error}");
}

/// Takes longer for its first object than an encoder may be silent.
#[derive(Default)]
struct SlowSink {
    inner: MemorySink,
    was_slow: AtomicBool,
}

#[async_trait]
impl Sink for SlowSink {
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError> {
        if !self.was_slow.swap(true, Ordering::SeqCst) {
            tokio::time::pause();
            tokio::time::sleep(Duration::from_secs(600)).await;
            tokio::time::resume();
        }
        self.inner.put(object, sha256).await
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError> {
        self.inner.put_file(stored, content_type, path).await
    }
}

#[tokio::test]
async fn a_slow_sink_is_not_taken_for_a_hung_encoder() {
    let tools = Tools::from(&config());
    assert!(tools.silence_timeout < Duration::from_secs(600));
    let (input, sink) = (media(CLIP).expect("it is in the repository"), SlowSink::default());
    let made = process_with(&tools, &input, &sink, &|_| {}, &CancellationToken::new()).await;
    assert_eq!(made.expect("ready").video.len(), 4);
}

#[tokio::test]
async fn a_dropped_run_leaves_no_process() {
    let traced = Traced::new("ffmpeg \"$@\"");
    let (input, started) = (media(CLIP).expect("it is in the repository"), Notify::new());
    let (cancel, scratch) = (CancellationToken::new(), traced.scratch());
    let sink = on_first(|| {
        started.notify_one();
        Ok(())
    });
    tokio::select! {
        _ = process_in(&scratch, &traced.tools, &input, &sink, &|_| {}, &cancel) => unreachable!("it is dropped"),
        () = started.notified() => {}
    }
    tokio::time::timeout(Duration::from_secs(10), async {
        while !processes_in(&scratch).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the process goes away");
}

/// Jobs run on several threads, so a run must be able to move between them.
#[test]
fn a_run_can_be_spawned() {
    fn is_send(_: impl Send) {}
    let (sink, cancel) = (MemorySink::default(), CancellationToken::new());
    is_send(process_with(&Tools::from(&config()), Path::new("x"), &sink, &|_| {}, &cancel));
}

#[tokio::test]
async fn cancelling_ends_the_encoder() {
    let cancel = CancellationToken::new();
    let cancelling = cancel.clone();
    let sink = on_first(move || {
        cancelling.cancel();
        Ok(())
    });
    let error = Traced::new("ffmpeg \"$@\"").run(&sink, &cancel).await;
    assert!(matches!(error, VideoError::Cancelled), "{error}");
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_run_with_its_own_error() {
    let sink =
        on_first(|| Err(SinkError { name: "v1080/init.mp4".to_owned(), source: "no more room".into() }));
    let error = Traced::new("ffmpeg \"$@\"").run(&sink, &CancellationToken::new()).await;
    assert!(
        matches!(&error, VideoError::Sink(SinkError { source, .. }) if source.to_string() == "no more room"),
        "{error}"
    );
    assert_eq!(error.code().as_str(), "storage_unavailable");
}

#[tokio::test]
async fn an_encoder_that_stops_in_the_middle_of_a_box_with_exit_code_0_publishes_nothing() {
    let traced = Traced::new("head -c 20 /dev/zero >&4");
    let error = traced.run(&MemorySink::default(), &CancellationToken::new()).await;
    assert_eq!(error.code().as_str(), "output_invalid", "{error}");
}

#[tokio::test]
async fn a_download_file_that_is_cut_or_lacks_frames_publishes_nothing() {
    let shorten = "ffmpeg -v error -y -i video.mp4 -c copy -frames:v 24 short.mp4 && mv short.mp4 video.mp4";
    for spoil in ["truncate -s -1000 video.mp4", shorten] {
        let traced =
            Traced::new(&format!("sh -c 'ffmpeg \"$@\" && if [ -f video.mp4 ]; then {spoil}; fi' sh \"$@\""));
        let sink = MemorySink::default();
        let error = traced.run(&sink, &CancellationToken::new()).await;
        assert_eq!(error.code().as_str(), "output_invalid", "{error}");
        assert!(error.to_string().contains("video.mp4"), "{error}");
        assert!(
            !sink.0.lock().expect("a lock").contains_key("video.mp4"),
            "it is checked before it is stored"
        );
    }
}

/// Cancels the run when the poster is to be stored, and never takes it.
struct LostAtThePoster {
    inner: MemorySink,
    cancel: CancellationToken,
}

#[async_trait]
impl Sink for LostAtThePoster {
    async fn put(&self, object: OutputObject, sha256: &str) -> Result<(), SinkError> {
        self.inner.put(object, sha256).await
    }

    async fn put_file(
        &self,
        stored: &StoredObject,
        content_type: &'static str,
        path: &Path,
    ) -> Result<(), SinkError> {
        if stored.url == "poster.jpg" {
            self.cancel.cancel();
            std::future::pending::<()>().await;
        }
        self.inner.put_file(stored, content_type, path).await
    }
}

#[tokio::test]
async fn cancelling_ends_the_storing_of_the_poster() {
    let (tools, cancel) = (Tools::from(&config()), CancellationToken::new());
    let sink = LostAtThePoster { inner: MemorySink::default(), cancel: cancel.clone() };
    let input = media(CLIP).expect("it is in the repository");
    let made = process_with(&tools, &input, &sink, &|_| {}, &cancel).await;
    assert!(matches!(made, Err(VideoError::Cancelled)), "{made:?}");
}

#[tokio::test]
async fn a_missing_encoder_is_named() {
    let tools = Tools { ffmpeg: "ffmpeg-that-is-not-there".into(), ..Tools::from(&config()) };
    let input = media(CLIP).expect("it is in the repository");
    let made = process_with(&tools, &input, &MemorySink::default(), &|_| {}, &CancellationToken::new()).await;
    let error = made.expect_err("there is no encoder");
    assert_eq!(
        (error.code().as_str(), error.to_string().as_str()),
        ("tool_missing", "ffmpeg cannot be used: not installed")
    );
}
