//! `video`: processor time of the whole pipeline beside one ffmpeg process per output, as most backends do it, and beside
//! x264 alone on raw frames; and how soon after its upload a video can be watched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use telecine_db::{Db, objects};
use telecine_model::VideoId;
use telecine_tests::server::Home;

use super::process::{children_cpu_s, peak_rss_mb_of_descendants};
use super::table::{Spread, print};

const ROUNDS: usize = 3;
/// Five seconds in full HD with sound, which longer clips are made of.
const CLIP: &str = "tests/media/bbb_1080p24_5s_aac51.mp4";
const CLIP_SECONDS: u32 = 5;
/// The default preset and quality, for everybody.
const X264: &str = "-c:v libx264 -preset faster -crf 22 -profile:v high -sc_threshold 0 -g 96 -threads 3";
/// Width, height and cap in kbit/s of the rungs of a full HD film.
const RUNGS: [(u32, u32, u32); 4] =
    [(1920, 1080, 5000), (1280, 720, 2800), (854, 480, 1400), (640, 360, 800)];
const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// What one contender used in one round.
struct Used {
    cpu_s: f64,
    wall_s: f64,
    peak_rss_mb: f64,
}

pub(super) fn run(file: Option<&Path>) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let clip = match file {
        Some(file) => file.canonicalize().with_context(|| format!("cannot read {}", file.display()))?,
        None => looped(folder.path(), "clip15.mp4", 3)?,
    };
    let (mut ours, mut naive, mut pure) = (Vec::new(), Vec::new(), Vec::new());
    let raw = raw_frames(folder.path(), &clip)?;
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        ours.push(measure(|| demo(&clip))?);
        naive.push(measure(|| one_by_one(folder.path(), &clip))?);
        pure.push(measure(|| x264_alone(&raw))?);
    }
    drop(raw);
    let rows = [
        ("telecine, the whole job", spreads(&ours)),
        ("one ffmpeg per output", spreads(&naive)),
        ("x264 alone, the same rungs from raw frames", spreads(&pure)),
    ];
    print(&["cpu_s", "wall_s", "peak_rss_mb"], &rows);
    let [ours, naive, pure] = rows.map(|(_, row)| row);
    println!(
        "one per output / ours {:.2}, x264 alone / ours {:.2} (processor time)",
        naive[0].median / ours[0].median,
        pure[0].median / ours[0].median
    );
    let mut figures = json!({
        "ours_cpu_s": ours[0].median, "naive_cpu_s": naive[0].median, "pure_cpu_s": pure[0].median,
        "ours_wall_s": ours[1].median, "naive_wall_s": naive[1].median, "peak_rss_mb": ours[2].max,
    });
    for (name, clip, until) in [
        ("playable_15s_s", looped(folder.path(), "c15.mp4", 3)?, Until::Playable),
        ("playable_60s_s", looped(folder.path(), "c60.mp4", 12)?, Until::Playable),
        ("playable_600s_s", looped(folder.path(), "c600.mp4", 120)?, Until::Playable),
        ("playable_hevc60_s", hevc(folder.path(), 12)?, Until::Playable),
        ("ready_60s_s", looped(folder.path(), "c60.mp4", 12)?, Until::Ready),
    ] {
        let seconds = time_after_upload(&clip, until)?;
        println!("{name} {seconds:.2}");
        figures[name] = json!(seconds);
    }
    let share = stored_share(&looped(folder.path(), "c60.mp4", 12)?)?;
    println!("stored_share {share:.4}");
    figures["stored_share"] = json!(share);
    for (name, seconds) in beside_a_film(folder.path())? {
        println!("{name} {seconds:.2}");
        figures[name] = json!(seconds);
    }
    Ok(figures)
}

fn spreads(rounds: &[Used]) -> Vec<Spread> {
    let column = |pick: fn(&Used) -> f64| Spread::of(rounds.iter().map(pick).collect());
    vec![column(|used| used.cpu_s), column(|used| used.wall_s), column(|used| used.peak_rss_mb)]
}

/// What the processes that `work` starts and waits for use.
fn measure(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Used> {
    let (before, begun) = (children_cpu_s()?, Instant::now());
    let is_over = AtomicBool::new(false);
    let (done, peak_rss_mb) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut peak = 0.0_f64;
            while !is_over.load(Ordering::SeqCst) {
                peak = peak.max(peak_rss_mb_of_descendants());
                std::thread::park_timeout(SAMPLE_EVERY);
            }
            peak
        });
        let done = work();
        is_over.store(true, Ordering::SeqCst);
        (done, sampler.join().unwrap_or_default())
    });
    done?;
    Ok(Used { cpu_s: children_cpu_s()? - before, wall_s: begun.elapsed().as_secs_f64(), peak_rss_mb })
}

fn home() -> anyhow::Result<Home> {
    let telecine = Path::new("target/release/telecine").canonicalize().context("scripts/bench builds it")?;
    let mut home = Home::new(telecine.to_str().context("a readable path")?);
    home.set("FFMPEG_PRESET", "faster");
    Ok(home)
}

/// The whole platform, one video, from upload to ready.
fn demo(clip: &Path) -> anyhow::Result<()> {
    let home = home()?;
    let clip = clip.to_str().context("a readable path")?;
    succeed(home.command(&["demo", "--exit", clip]).stdout(Stdio::null()).stderr(Stdio::null()))
}

#[derive(Clone, Copy, PartialEq)]
enum Until {
    Playable,
    Ready,
}

/// Seconds from the end of the upload.
fn time_after_upload(clip: &Path, until: Until) -> anyhow::Result<f64> {
    let mut home = home()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let server = home.serve().await;
        let video = server.client.upload(clip).await;
        let uploaded = Instant::now();
        let seen = server.client.until(&video, |video| match until {
            Until::Playable => video["playable"] == true || video["status"] == "failed",
            Until::Ready => matches!(video["status"].as_str(), Some("ready" | "failed")),
        });
        let seen = seen.await;
        if seen["status"] == "failed" {
            bail!("{} failed: {}", clip.display(), seen["failure"]);
        }
        Ok(uploaded.elapsed().as_secs_f64())
    })
}

/// Every object of a video that is ready, but for its source, the copied pictures, which go after 12 hours, and the MP4 for
/// downloads, over its segments and images alone. In bytes, as the ledger has them.
fn stored_share(clip: &Path) -> anyhow::Result<f64> {
    let mut home = home()?;
    let (manifest, objects) = tokio::runtime::Runtime::new()?.block_on(async {
        let server = home.serve().await;
        let id = server.client.upload(clip).await;
        let video = server.client.finished(&id).await;
        let address = video["playback"]["manifest"].as_str().context("the video is ready")?;
        let manifest: Value = serde_json::from_str(&server.client.fetch_text(address).await)?;
        let db = Db::connect(&home.database_url().into()).await?;
        let objects = objects::of_owner(db.read(), id.parse::<VideoId>()?).await?;
        db.close().await;
        anyhow::Ok((manifest, objects))
    })?;
    let renditions = ["video", "audio"].into_iter().flat_map(|kind| manifest[kind].as_array()).flatten();
    let media: u64 = renditions.map(|rendition| listed(&rendition["segments"])).sum();
    let images = listed(&manifest["thumbnails"]["images"])
        + listed(&manifest["largeThumbnails"]["images"])
        + listed(&manifest["storyboard"]["images"])
        + listed(&manifest["posters"])
        + manifest["poster"]["bytes"].as_u64().unwrap_or_default();
    let is_other = |key: &str| key.contains("/source") || key.ends_with("/video.mp4");
    let stored: u64 = objects.iter().filter(|object| !is_other(&object.key)).map(|object| object.size).sum();
    Ok(stored as f64 / (media + images) as f64)
}

/// Bytes of the objects in a list of the manifest.
fn listed(objects: &Value) -> u64 {
    objects.as_array().into_iter().flatten().filter_map(|object| object["bytes"].as_u64()).sum()
}

/// Seconds from the end of the upload until clips of half a minute are playable, while a film of two hours is encoded.
fn beside_a_film(folder: &Path) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let film = looped(folder, "film.mp4", 2 * 3600 / CLIP_SECONDS)?;
    let clips = [
        ("playable_beside_film_s", looped(folder, "c30.mp4", 6)?),
        ("playable_beside_film_hevc_s", hevc(folder, 6)?),
    ];
    let mut home = home()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let server = home.serve().await;
        let video = server.client.upload(&film).await;
        // Beyond the copy and a tenth, which the first pass is: its ladder is being encoded.
        let begun = server
            .client
            .until(&video, |video| video["progress"].as_f64().is_some_and(|share| share > 0.146));
        begun.await;
        let mut figures = Vec::new();
        for (name, clip) in clips {
            let video = server.client.upload(&clip).await;
            let uploaded = Instant::now();
            let seen =
                server.client.until(&video, |video| video["playable"] == true || video["status"] == "failed");
            if seen.await["status"] == "failed" {
                bail!("{} failed", clip.display());
            }
            figures.push((name, uploaded.elapsed().as_secs_f64()));
        }
        Ok(figures)
    })
}

fn ffmpeg(args: &str, paths: &[&Path]) -> anyhow::Result<()> {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]);
    let mut paths = paths.iter();
    for word in args.split_whitespace() {
        match word {
            "FILE" => command.arg(paths.next().context("a path for each FILE")?),
            word => command.arg(word),
        };
    }
    succeed(&mut command)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    if status.success() { Ok(()) } else { bail!("{command:?}: {status}") }
}

/// The clip several times in a row, copied.
fn looped(folder: &Path, name: &str, times: u32) -> anyhow::Result<PathBuf> {
    let made = folder.join(name);
    if !made.exists() {
        ffmpeg(&format!("-stream_loop {} -i FILE -c copy FILE", times - 1), &[Path::new(CLIP), &made])?;
    }
    Ok(made)
}

/// The clip so many times, in a form that cannot be copied.
fn hevc(folder: &Path, times: u32) -> anyhow::Result<PathBuf> {
    let source = looped(folder, &format!("source{times}.mp4"), times)?;
    let made = folder.join(format!("hevc{times}.mp4"));
    ffmpeg(
        "-i FILE -c:v libx265 -preset ultrafast -x265-params log-level=error -c:a copy FILE",
        &[&source, &made],
    )?;
    Ok(made)
}

/// Every output by a process of its own, one after the other.
fn one_by_one(folder: &Path, clip: &Path) -> anyhow::Result<()> {
    let out = |name: &str| folder.join(name);
    for (width, height, cap) in RUNGS {
        let name = out(&format!("n{height}.m3u8"));
        let args = format!(
            "-i FILE -vf scale={width}:{height} {X264} -maxrate {cap}k -bufsize {}k -c:a aac -b:a 128k -ac 2 -f hls \
             -hls_time 4 -hls_playlist_type vod FILE",
            2 * cap
        );
        ffmpeg(&args, &[clip, &name])?;
    }
    let download = format!(
        "-i FILE {X264} -maxrate 5000k -bufsize 10000k -c:a aac -b:a 128k -ac 2 -movflags +faststart FILE"
    );
    ffmpeg(&download, &[clip, &out("n.mp4")])?;
    ffmpeg("-i FILE -vf fps=1/4,scale=320:-2 -q:v 4 FILE", &[clip, &out("nt_%03d.jpg")])?;
    let large = "-i FILE -vf fps=1/4,scale=640:-2 -c:v libwebp -quality 80 -f image2 FILE";
    ffmpeg(large, &[clip, &out("nl_%03d.webp")])?;
    ffmpeg("-i FILE -vf fps=1/4,scale=160:-2,tile=5x5 -q:v 5 FILE", &[clip, &out("ns_%03d.jpg")])?;
    for (width, extension) in [1280, 640, 320].into_iter().flat_map(|width| [(width, "jpg"), (width, "webp")])
    {
        let args = format!("-ss 5 -i FILE -frames:v 1 -vf scale={width}:-2 -f image2 -update 1 FILE");
        ffmpeg(&args, &[clip, &out(&format!("np_{width}.{extension}"))])?;
    }
    let preview = "-ss 5 -t 3 -i FILE -an -vf fps=12,scale=320:-2 -c:v libx264 -preset veryfast -crf 28 -movflags +faststart FILE";
    ffmpeg(preview, &[clip, &out("nv.mp4")])
}

/// The frames of every rung as they come out of the decoder and the scaler.
fn raw_frames(folder: &Path, clip: &Path) -> anyhow::Result<Vec<(PathBuf, u32)>> {
    let mut made = Vec::new();
    for (width, height, cap) in RUNGS {
        let file = folder.join(format!("raw{height}.y4m"));
        let args = format!(
            "-i FILE -an -vf scale={width}:{height}:flags=bicubic,format=yuv420p -f yuv4mpegpipe FILE"
        );
        ffmpeg(&args, &[clip, &file])?;
        made.push((file, cap));
    }
    Ok(made)
}

fn x264_alone(raw: &[(PathBuf, u32)]) -> anyhow::Result<()> {
    for (file, cap) in raw {
        ffmpeg(&format!("-i FILE {X264} -maxrate {cap}k -bufsize {}k -f null -", 2 * cap), &[file])?;
    }
    Ok(())
}
