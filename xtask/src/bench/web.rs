//! `web`: what the pages weigh, how soon they show something, what an upload of 1 GiB needs in the page, and how the player
//! does on good and bad lines. There is no peer in this table: the goals are the issue's.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;
use serde_json::{Value, json};
use telecine_tests::media;
use telecine_tests::server::Home;

/// What is played: its best renditions need more than a line of 1.2 Mbit/s brings.
const CLIP_SIZE: &str = "1920x1080";
const CLIP_S: u32 = 60;
const HUGE_BYTES: u64 = 1 << 30;
const DIST: &str = "crates/api/dist/assets";

/// Keys, what people call them, and the goal.
const ROWS: [(&str, &str, &str); 10] = [
    ("page_js_kb", "first page, JavaScript after gzip, KB", "under 60"),
    ("player_js_kb", "player, engine and controls after gzip, KB", "under 25"),
    ("uploader_js_kb", "uploader for other pages after gzip, KB", ""),
    ("fcp_ms", "first contentful paint, ms", "under 300"),
    ("start_ms", "play() to moving pictures, ms", "under 800"),
    ("upload_1gib_heap_mb", "heap of the page while 1 GiB goes up, MB", "under 150"),
    ("upload_1gib_s", "the same, seconds", ""),
    ("stalls_at_5_mbit", "stalls in 60 s at 5 Mbit/s", "0"),
    ("switch_down_s", "until a lower rendition is asked for at 1.2 Mbit/s, s", "under 10"),
    ("stalls_after_fall", "stalls after the fall", "0"),
];

pub(super) fn run() -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let huge = folder.path().join("huge.mp4");
    let clip = media::noisy_film(folder.path(), CLIP_SIZE, CLIP_S);
    std::fs::File::create(&huge)?.set_len(HUGE_BYTES)?;
    let mut figures = in_browser(&clip, &huge)?;
    for (key, file) in
        [("page_js_kb", "app.js"), ("player_js_kb", "player.js"), ("uploader_js_kb", "uploader.js")]
    {
        figures[key] = json!(gzipped_kb(&Path::new(DIST).join(file))?);
    }
    for (key, name, goal) in ROWS {
        println!("{name:55} {:>8.1}  {goal}", figures[key].as_f64().unwrap_or(f64::NAN));
    }
    Ok(figures)
}

fn in_browser(clip: &Path, huge: &Path) -> anyhow::Result<Value> {
    let telecine = Path::new("target/release/telecine").canonicalize().context("scripts/bench builds it")?;
    let mut home = Home::new(telecine.to_str().context("a readable path")?);
    home.set("FFMPEG_PRESET", "veryfast");
    let server = tokio::runtime::Runtime::new()?.block_on(home.serve());
    let output = Command::new("node")
        .arg("bench.mjs")
        .current_dir("tests/e2e")
        .env("BASE_URL", server.client.origin())
        .env("SIGN_IN_URL", server.page.as_str())
        .env("CLIP", clip)
        .env("HUGE", huge)
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let last = text.lines().last().context("bench.mjs prints its figures")?;
    serde_json::from_str(last).with_context(|| format!("bench.mjs said {last:?}"))
}

fn gzipped_kb(file: &Path) -> anyhow::Result<f64> {
    let output = Command::new("gzip").arg("-9c").arg(file).output()?;
    #[expect(clippy::cast_precision_loss, reason = "a script is far below 2^52 bytes")]
    let kb = output.stdout.len() as f64 / 1000.0;
    Ok(kb)
}
