//! `import`: episodes of a movie with their pictures and previews, from a server at some distance into storage. How soon the
//! request is answered, how soon everything is in storage, and what that takes.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use serde_json::{Value, json};
use telecine_tests::client::Client;
use telecine_tests::origin::{Origin, Received, Reply};
use telecine_tests::server::Home;

use super::process::{children_cpu_s, resident_mb_of_descendants};
use super::table::{Spread, print};

const ROUNDS: usize = 3;
const EPISODES: [usize; 2] = [10, 100];
/// How far the server is.
const LATENCY: Duration = Duration::from_millis(50);
const THUMBNAIL_BYTES: usize = 500_000;
const PREVIEW_BYTES: usize = 1_000_000;
/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Everything is in storage within this time, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(300);

/// What one round measured.
struct Round {
    answer_ms: f64,
    stored_s: f64,
    cpu_s: f64,
    rss_mb: f64,
}

pub(super) fn run() -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let thumbnail = thumbnail(folder.path())?;
    let preview = preview()?;
    let mut rounds: [Vec<Round>; EPISODES.len()] = Default::default();
    for round in 1..=ROUNDS {
        for (measured, episodes) in rounds.iter_mut().zip(EPISODES) {
            eprintln!("round {round} of {ROUNDS}, {episodes} episodes");
            measured.push(measure(episodes, &thumbnail, &preview)?);
        }
    }
    let names = EPISODES.map(|episodes| format!("{episodes} episodes"));
    let rows: Vec<(&str, Vec<Spread>)> =
        names.iter().map(String::as_str).zip(rounds.iter().map(|rounds| spreads(rounds))).collect();
    println!("thumbnail {} KB, preview {} KB", thumbnail.len() / 1000, preview.len() / 1000);
    print(&["answer ms", "all stored s", "CPU s", "peak RSS MB"], &rows);
    let [ten, hundred] = [&rows[0].1, &rows[1].1];
    Ok(json!({
        "answer_10_ms": ten[0].median,
        "answer_100_ms": hundred[0].median,
        "stored_10_s": ten[1].median,
        "stored_100_s": hundred[1].median,
        "cpu_100_s": hundred[2].median,
        "rss_mb": hundred[3].max,
    }))
}

fn spreads(rounds: &[Round]) -> Vec<Spread> {
    let column = |pick: fn(&Round) -> f64| Spread::of(rounds.iter().map(pick).collect());
    vec![column(|r| r.answer_ms), column(|r| r.stored_s), column(|r| r.cpu_s), column(|r| r.rss_mb)]
}

fn measure(episodes: usize, thumbnail: &Bytes, preview: &Bytes) -> anyhow::Result<Round> {
    let telecine = Path::new("target/release/telecine").canonicalize().context("scripts/bench builds it")?;
    let mut home = Home::new(telecine.to_str().context("a readable path")?);
    let (thumbnail, preview) = (thumbnail.clone(), preview.clone());
    let cpu_before = children_cpu_s()?;
    let stop = Arc::new(AtomicBool::new(false));
    let watching = watch_memory(stop.clone());
    let (answer, stored) = tokio::runtime::Runtime::new()?.block_on(async {
        let origin = Origin::start(move |request: Received| {
            let body = if request.path.ends_with(".jpg") { thumbnail.clone() } else { preview.clone() };
            async move {
                tokio::time::sleep(LATENCY).await;
                // Every file is another one.
                let mut bytes = body.to_vec();
                bytes.extend_from_slice(request.path.as_bytes());
                Reply::ok(bytes)
            }
        })
        .await;
        home.set("OUTBOUND_ALLOW_PRIVATE_HOSTS", &origin.place());
        let server = home.serve().await;
        let measured = import(&server.client, &origin, episodes).await?;
        ensure!(server.stop().success(), "the server stops");
        anyhow::Ok(measured)
    })?;
    stop.store(true, Ordering::Relaxed);
    let rss_mb = watching.join().map_err(|_| anyhow::anyhow!("memory cannot be looked at"))?;
    let cpu_s = children_cpu_s()? - cpu_before;
    Ok(Round { answer_ms: answer.as_secs_f64() * 1e3, stored_s: stored.as_secs_f64(), cpu_s, rss_mb })
}

async fn import(client: &Client, origin: &Origin, episodes: usize) -> anyhow::Result<(Duration, Duration)> {
    let movie = client.post("movies", json!({ "title": "film" })).await.json;
    let movie = movie["id"].as_str().context("a movie")?.to_owned();
    let list: Vec<Value> = (1..=episodes)
        .map(|number| {
            json!({
                "episodeNumber": number,
                "title": format!("Episode {number}"),
                "thumbnailUrl": origin.at(&format!("/{number}.jpg")),
                "videoPreviewUrl": origin.at(&format!("/{number}.mp4")),
            })
        })
        .collect();
    let begun = Instant::now();
    let imported = client.post(&format!("movies/{movie}/episodes/import"), json!(list)).await;
    let answer = begun.elapsed();
    ensure!(imported.status.as_u16() == 202, "{}", imported.json);
    loop {
        let progress = client.get("movies").await.json["items"][0]["episodes"].clone();
        if progress["stored"] == episodes {
            return Ok((answer, begun.elapsed()));
        }
        ensure!(progress["failed"] == 0 && begun.elapsed() < PATIENCE, "{progress}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The most memory of all processes below this one at the same time, until it is told to stop.
fn watch_memory(stop: Arc<AtomicBool>) -> std::thread::JoinHandle<f64> {
    std::thread::spawn(move || {
        let mut most: f64 = 0.0;
        while !stop.load(Ordering::Relaxed) {
            most = most.max(resident_mb_of_descendants());
            std::thread::park_timeout(LOOK_EVERY);
        }
        most
    })
}

/// A photograph of about half a megabyte.
fn thumbnail(folder: &Path) -> anyhow::Result<Bytes> {
    let file = folder.join("thumbnail.jpg");
    let words = "-nostdin -v error -y -f lavfi -i testsrc2=s=1920x1080,noise=alls=12 -frames:v 1 -q:v 4";
    let made = Command::new("ffmpeg").args(words.split_whitespace()).arg(&file).status()?;
    ensure!(made.success(), "ffmpeg draws a picture");
    padded(std::fs::read(&file)?, THUMBNAIL_BYTES)
}

/// A short film of about one megabyte.
fn preview() -> anyhow::Result<Bytes> {
    padded(std::fs::read("tests/media/one_frame.mp4")?, PREVIEW_BYTES)
}

/// Bytes behind the end of a picture or a film are passed over.
fn padded(mut bytes: Vec<u8>, size: usize) -> anyhow::Result<Bytes> {
    ensure!(bytes.len() <= size * 3 / 2, "{} bytes are too many", bytes.len());
    bytes.resize(size.max(bytes.len()), 0);
    Ok(bytes.into())
}
