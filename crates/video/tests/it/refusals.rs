//! Files that must end with a code, with nothing stored and nothing else opened.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use telecine_process::{Command, Confinement};
use telecine_video::Tools;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{MemorySink, config, media, process_with};

/// The address one of the hostile files names.
const TRAP: &str = "127.0.0.1:18099";

async fn code_of(name: &str) -> Option<&'static str> {
    let (input, sink) = (media(name)?, MemorySink::default());
    let tools = Tools::from(&config());
    let error =
        process_with(&tools, &input, &sink, &|_| {}, &CancellationToken::new()).await.expect_err(name);
    assert!(sink.0.lock().expect("a lock").is_empty(), "{name} stores nothing");
    assert!(!error.to_string().contains("/tmp"), "{name}: {error}");
    Some(error.code().as_str())
}

#[tokio::test]
async fn playlists_under_a_video_name_open_no_address_and_no_other_file() {
    let hits = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind(TRAP).await.expect("the port that the hostile files name is free");
    let counter = tokio::spawn({
        let hits = Arc::clone(&hits);
        async move {
            while listener.accept().await.is_ok() {
                hits.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    for name in ["evil_hls_ssrf_renamed.mp4", "evil_hls_sibling_renamed.mp4", "evil_ffconcat_renamed.mp4"] {
        assert_eq!(code_of(name).await, Some("not_media"), "{name}");
    }
    counter.abort();
    assert_eq!(hits.load(Ordering::SeqCst), 0, "nobody connected");
}

#[tokio::test]
async fn a_cut_anywhere_is_seen_in_every_container_that_can_tell() {
    let dir = tempfile::tempdir().expect("a directory");
    let tools = Tools::from(&config());
    for (name, percent) in [
        ("bbb_1080p24_5s_aac51.mp4", 99),
        ("two_audio_langs.mkv", 98),
        ("odd_321x243_vp9.webm", 60),
        ("mono22k_mpeg4.avi", 97),
        ("fragmented.mp4", 50),
        ("audio_cover.mp3", 80),
    ] {
        let Some(whole) = media(name) else { continue };
        let bytes = std::fs::read(whole).expect("readable");
        let cut = dir.path().join("cut");
        std::fs::write(&cut, &bytes[..bytes.len() * percent / 100]).expect("the disk has room");
        let made =
            process_with(&tools, &cut, &MemorySink::default(), &|_| {}, &CancellationToken::new()).await;
        assert_eq!(made.expect_err(name).code().as_str(), "video_truncated", "{name} cut at {percent} %");
    }
}

/// The scratch directory hides siblings, so this one names a file that is really there and would be played.
#[tokio::test]
async fn a_playlist_that_names_an_existing_file_by_its_path_is_refused() {
    let film = media("avsync_flash_beep_12s.mp4").expect("it is in the repository");
    let film = film.canonicalize().expect("a path");
    let dir = tempfile::tempdir().expect("a directory");
    let playlist = dir.path().join("playlist");
    let text =
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\n{}\n#EXT-X-ENDLIST\n", film.display());
    std::fs::write(&playlist, text).expect("the disk has room");
    let tools = Tools::from(&config());
    let made =
        process_with(&tools, &playlist, &MemorySink::default(), &|_| {}, &CancellationToken::new()).await;
    assert_eq!(made.expect_err("refused").code().as_str(), "not_media");
}

/// What holds when an allow-list has a hole: the same playlists without any list, outside of the sandbox and inside.
#[tokio::test]
async fn even_without_its_allow_lists_ffmpeg_opens_no_address_and_no_other_file() {
    let inside = Confinement::here();
    if !(inside.files && inside.network) {
        println!("skipped: this kernel has no sandbox");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/a.ts", listener.local_addr().expect("an address"));
    let film =
        media("avsync_flash_beep_12s.mp4").expect("it is in the repository").canonicalize().expect("a path");
    let (dir, elsewhere) =
        (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let canary = elsewhere.path().join("canary.ts");
    let copied = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .args([&film, Path::new("-c"), Path::new("copy"), &canary])
        .status();
    assert!(copied.expect("ffmpeg").success());
    let args = "-v error -protocol_whitelist file,http,tcp,crypto -allowed_extensions ALL -rw_timeout 1000000 \
                -i file:playlist -frames:v 1 -f null -";
    let args: Vec<&str> = args.split_whitespace().collect();
    listener.set_nonblocking(true).expect("a socket");
    for (place, is_local) in [(address, false), (canary.display().to_string(), true)] {
        let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\n{place}\n#EXT-X-ENDLIST\n");
        std::fs::write(dir.path().join("playlist"), text).expect("the disk has room");
        let free =
            std::process::Command::new("ffmpeg").args(&args).current_dir(&dir).status().expect("ffmpeg");
        assert_eq!(
            (free.success(), listener.accept().is_ok()),
            (is_local, !is_local),
            "{place} is opened outside"
        );
        let run = Command::new("ffmpeg", dir.path()).args(&args).spawn().await.expect("ffmpeg");
        let outcome = run.wait(&CancellationToken::new()).await;
        assert!(!outcome.is_success(), "{place}: {}", outcome.stderr_tail);
        assert!(listener.accept().is_err(), "{place} is not opened inside");
    }
}

#[tokio::test]
async fn text_and_random_bytes_are_not_media() {
    let dir = tempfile::tempdir().expect("a directory");
    let tools = Tools::from(&config());
    for (index, bytes) in
        [b"hello, this is no film".repeat(100), vec![0x5a; 5000], b"x".to_vec()].iter().enumerate()
    {
        let file = dir.path().join(format!("{index}"));
        std::fs::write(&file, bytes).expect("the disk has room");
        let made =
            process_with(&tools, &file, &MemorySink::default(), &|_| {}, &CancellationToken::new()).await;
        assert_eq!(made.expect_err("no media").code().as_str(), "not_media", "{index}");
    }
}
