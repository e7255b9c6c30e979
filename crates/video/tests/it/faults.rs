//! Runs that end early: killed, hung, cancelled, without storage, without tools. No process stays.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use telecine_video::package::StoredObject;
use telecine_video::{OutputObject, Sink, SinkError, Tools, VideoError};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::{MemorySink, config, media, process_with};

/// Its 1080p rung writes more than a pipe holds, so the encoder cannot be done before its first output was taken.
const CLIP: &str = "bbb_1080p24_5s_aac51.mp4";

/// A stand-in for ffmpeg that notes its process id and then becomes `program`.
struct Traced {
    dir: TempDir,
    tools: Tools,
}

impl Traced {
    fn new(program: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let (script, pid) = (dir.path().join("tool"), dir.path().join("pid"));
        let text = format!("#!/bin/sh\necho $$ >'{}'\nexec {program}\n", pid.display());
        std::fs::write(&script, text).expect("the disk has room");
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("it is ours");
        let tools = Tools { ffmpeg: script, ..Tools::from(&config()) };
        Self { dir, tools }
    }

    fn pid_file(&self) -> PathBuf {
        self.dir.path().join("pid")
    }

    async fn run(&self, sink: &dyn Sink, cancel: &CancellationToken) -> VideoError {
        let input = media(CLIP).expect("it is in the repository");
        let made = process_with(&self.tools, &input, sink, &|_| {}, cancel).await;
        let error = made.expect_err("the run ends early");
        let pid = read_pid(&self.pid_file()).expect("the tool was started");
        assert!(test_kill_process(pid).is_err(), "the process is gone and reaped");
        error
    }
}

fn read_pid(file: &Path) -> Option<Pid> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok().and_then(Pid::from_raw)
}

/// Does something when the first object arrives.
struct OnFirst<F>(F);

#[async_trait]
impl<F: Fn() -> Result<(), SinkError> + Send + Sync> Sink for OnFirst<F> {
    async fn put(&self, _object: OutputObject, _sha256: &str) -> Result<(), SinkError> {
        (self.0)()
    }

    async fn put_file(
        &self,
        _stored: &StoredObject,
        _content_type: &'static str,
        _path: &Path,
    ) -> Result<(), SinkError> {
        (self.0)()
    }
}

#[tokio::test]
async fn a_killed_encoder_is_noticed_and_may_be_tried_again() {
    let traced = Traced::new("ffmpeg \"$@\"");
    let pid_file = traced.pid_file();
    let sink = OnFirst(move || {
        let _ = kill_process(read_pid(&pid_file).expect("it runs"), Signal::KILL);
        Ok(())
    });
    let error = traced.run(&sink, &CancellationToken::new()).await;
    assert_eq!((error.code().as_str(), error.code().is_retryable()), ("video_resources", true), "{error}");
}

#[tokio::test]
async fn an_encoder_that_is_asked_to_end_by_somebody_else_may_be_tried_again() {
    let traced = Traced::new("ffmpeg \"$@\"");
    let pid_file = traced.pid_file();
    let sink = OnFirst(move || {
        let _ = kill_process(read_pid(&pid_file).expect("it runs"), Signal::TERM);
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
    assert_eq!(error.code().as_str(), "video_timeout", "{error}");
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
    let cancel = CancellationToken::new();
    let sink = OnFirst(|| {
        started.notify_one();
        Ok(())
    });
    tokio::select! {
        _ = process_with(&traced.tools, &input, &sink, &|_| {}, &cancel) => unreachable!("it is dropped"),
        () = started.notified() => {}
    }
    let pid = read_pid(&traced.pid_file()).expect("the tool was started");
    tokio::time::timeout(Duration::from_secs(10), async {
        while test_kill_process(pid).is_ok() {
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
    let on_first = cancel.clone();
    let sink = OnFirst(move || {
        on_first.cancel();
        Ok(())
    });
    let error = Traced::new("ffmpeg \"$@\"").run(&sink, &cancel).await;
    assert!(matches!(error, VideoError::Cancelled), "{error}");
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_run_with_its_own_error() {
    let sink =
        OnFirst(|| Err(SinkError { name: "v1080/init.mp4".to_owned(), source: "no more room".into() }));
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
