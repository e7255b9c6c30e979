//! `images`: `telecine image` beside npm's sharp on the same files: fit inside 1280x720, WebP quality 85, effort 4.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::process::{children_cpu_s, pss_mb_of_descendants, resident_mb_of_descendants};
use super::table::{Spread, print};

const ROUNDS: usize = 5;

/// Every file is made so often in a round, so that starting a process does not weigh.
const COPIES: usize = 6;

/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks between two that count shared pages once, which takes the kernel some milliseconds.
const LOOKS_PER_PSS: usize = 25;

/// sharp does most images a second with so many under way for each core.
const SHARP_IN_FLIGHT_PER_CORE: usize = 2;

/// The clip whose frames are the files where there are no others.
const CLIP: &str = "tests/media/bbb_1080p24_5s_aac51.mp4";

/// What one round measured.
struct Round {
    cpu_ms: f64,
    images_per_s: f64,
    rss_mb: f64,
}

/// The most memory that a process and those below it have had at the same time, in MB.
#[derive(Default)]
struct Peak {
    /// Pages that they share count in each.
    rss_mb: f64,
    /// Pages that they share count once.
    pss_mb: f64,
}

pub(super) fn run(folder: Option<&Path>) -> anyhow::Result<Value> {
    let scratch = tempfile::tempdir()?;
    let files = files(folder, scratch.path())?;
    let many = copies(&files, &scratch.path().join("in"))?;
    let (ours_dir, sharp_dir) = (scratch.path().join("ours"), scratch.path().join("sharp"));
    std::fs::create_dir_all(&sharp_dir)?;
    let cores = std::thread::available_parallelism()?.get();
    let (mut ours, mut ours_pss, mut sharp) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        eprintln!("round {round} of {ROUNDS}, load {}", load.split(' ').next().unwrap_or_default());
        sharp.push(measure_sharp(&many, &sharp_dir, cores * SHARP_IN_FLIGHT_PER_CORE)?);
        let (round, pss_mb) = measure_ours(&many, &ours_dir)?;
        ours.push(round);
        ours_pss.push(pss_mb);
    }
    let references = scratch.path().join("references");
    std::fs::create_dir_all(&references)?;
    run_sharp(&files, &references, cores, &["--reference"])?;
    let ours_files = pictures(&files, &ours_dir, ".large.webp");
    let sharp_files = pictures(&files, &sharp_dir, ".webp");
    let references = pictures(&files, &references, ".png");
    let (ours_ssim, sharp_ssim) =
        (mean_ssim(&ours_files, &references)?, mean_ssim(&sharp_files, &references)?);
    let (source_kb, ours_kb, sharp_kb) = (kb(&files)?, kb(&ours_files)?, kb(&sharp_files)?);
    let rows = [("telecine image", spreads(&ours)), ("sharp", spreads(&sharp))];
    println!("{} files of {source_kb:.0} KB, each {COPIES} times a round, {cores} cores", files.len());
    print(&["CPU ms/image", "images/s", "peak RSS MB"], &rows);
    let ours_pss_mb = Spread::of(ours_pss).median;
    println!("MB of ours with pages that its processes share counted once: {ours_pss_mb:.1}");
    println!("mean SSIM of luma: ours {ours_ssim:.5}, sharp {sharp_ssim:.5}");
    println!("KB: ours {ours_kb:.1}, sharp {sharp_kb:.1}");
    Ok(json!({
        "ours_cpu_ms": rows[0].1[0].median,
        "sharp_cpu_ms": rows[1].1[0].median,
        "ours_images_per_s": rows[0].1[1].median,
        "sharp_images_per_s": rows[1].1[1].median,
        "ours_rss_mb": rows[0].1[2].median,
        "sharp_rss_mb": rows[1].1[2].median,
        "ours_pss_mb": ours_pss_mb,
        "ours_ssim": ours_ssim,
        "sharp_ssim": sharp_ssim,
        "ours_kb": ours_kb,
        "sharp_kb": sharp_kb,
        "saving_percent": (1.0 - ours_kb / source_kb) * 100.0,
    }))
}

fn spreads(rounds: &[Round]) -> Vec<Spread> {
    let column = |pick: fn(&Round) -> f64| Spread::of(rounds.iter().map(pick).collect());
    vec![column(|r| r.cpu_ms), column(|r| r.images_per_s), column(|r| r.rss_mb)]
}

/// The JPEGs of a folder: the one that is named, else the uploads of the shared collection, else frames of the clip.
fn files(folder: Option<&Path>, scratch: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let shared = Path::new("../shared/images/thumbs");
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None if shared.is_dir() => shared.to_owned(),
        None => frames(scratch)?,
    };
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let is_jpeg = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "jpg");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_jpeg).collect();
    files.sort();
    ensure!(!files.is_empty(), "there are no .jpg files in {}", folder.display());
    Ok(files)
}

fn frames(scratch: &Path) -> anyhow::Result<PathBuf> {
    let folder = scratch.join("frames");
    std::fs::create_dir(&folder)?;
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i", CLIP, "-vf", "fps=2", "-pix_fmt", "yuvj420p", "-q:v", "2"])
        .arg(folder.join("frame%02d.jpg"))
        .status()?;
    ensure!(status.success(), "ffmpeg cannot take frames of {CLIP}");
    Ok(folder)
}

/// Each file under several names.
fn copies(files: &[PathBuf], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir(folder)?;
    let mut made = Vec::new();
    for copy in 0..COPIES {
        for file in files {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let copied =
                folder.join(if copy == 0 { format!("{name}.jpg") } else { format!("{name}-{copy}.jpg") });
            std::fs::copy(file, &copied)?;
            made.push(copied);
        }
    }
    Ok(made)
}

/// A round, and the memory of it with shared pages counted once.
fn measure_ours(files: &[PathBuf], out: &Path) -> anyhow::Result<(Round, f64)> {
    let mut command = Command::new("target/release/telecine");
    command.args(["image", "--force", "--variant", "large=1280x720", "--json", "-o"]).arg(out).args(files);
    let (begun, cpu) = (Instant::now(), children_cpu_s()?);
    let mut child = command.stdout(Stdio::null()).spawn().context("scripts/bench builds it")?;
    let peak = peak_of(&mut child)?;
    ensure!(child.wait()?.success(), "{command:?} failed");
    let (seconds, cpu_s) = (begun.elapsed().as_secs_f64(), children_cpu_s()? - cpu);
    Ok((round(files.len(), seconds, cpu_s, peak.rss_mb), peak.pss_mb))
}

/// Looks at the memory until the process has ended.
fn peak_of(child: &mut Child) -> anyhow::Result<Peak> {
    let (mut peak, mut looks) = (Peak::default(), 0);
    while child.try_wait()?.is_none() {
        peak.rss_mb = peak.rss_mb.max(resident_mb_of_descendants());
        looks += 1;
        if looks % LOOKS_PER_PSS == 0 {
            peak.pss_mb = peak.pss_mb.max(pss_mb_of_descendants());
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
    Ok(peak)
}

fn measure_sharp(files: &[PathBuf], out: &Path, in_flight: usize) -> anyhow::Result<Round> {
    let said = run_sharp(files, out, in_flight, &[])?;
    let number = |key: &str| said[key].as_f64().with_context(|| format!("the peer says no {key}"));
    Ok(round(files.len(), number("seconds")?, number("cpu_s")?, number("rss_mb")?))
}

fn run_sharp(files: &[PathBuf], out: &Path, in_flight: usize, more: &[&str]) -> anyhow::Result<Value> {
    let mut command = Command::new("node");
    command.arg("xtask/peers/images/bench.mjs").args(more).arg("--out").arg(out);
    command.args(["--in-flight", &in_flight.to_string()]).args(files).stderr(Stdio::inherit());
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen images")]
fn round(images: usize, seconds: f64, cpu_s: f64, rss_mb: f64) -> Round {
    let images = images as f64;
    Round { cpu_ms: cpu_s * 1e3 / images, images_per_s: images / seconds, rss_mb }
}

fn pictures(files: &[PathBuf], folder: &Path, ending: &str) -> Vec<PathBuf> {
    let name = |file: &PathBuf| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    files.iter().map(|file| folder.join(name(file) + ending)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "files are far below 2^52 bytes")]
fn kb(files: &[PathBuf]) -> anyhow::Result<f64> {
    let bytes = files.iter().map(|file| Ok(std::fs::metadata(file)?.len())).sum::<anyhow::Result<u64>>()?;
    Ok(bytes as f64 / 1e3)
}

/// Structural similarity of luma to the references, the mean over the files, by ffmpeg.
#[expect(clippy::cast_precision_loss, reason = "a few files")]
fn mean_ssim(files: &[PathBuf], references: &[PathBuf]) -> anyhow::Result<f64> {
    let pairs = files.iter().zip(references);
    let sum = pairs.map(|(file, reference)| ssim(file, reference)).sum::<anyhow::Result<f64>>()?;
    Ok(sum / files.len() as f64)
}

fn ssim(file: &Path, reference: &Path) -> anyhow::Result<f64> {
    let graph =
        "[0]format=yuv420p[a];[1]scale=out_range=tv:out_color_matrix=bt601,format=yuv420p[b];[a][b]ssim";
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-i"])
        .arg(file)
        .arg("-i")
        .arg(reference)
        .args(["-lavfi", graph, "-f", "null", "-"])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let luma = said.split("SSIM Y:").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    match luma {
        Some(luma) if output.status.success() => Ok(luma),
        _ => bail!("ffmpeg cannot compare {}: {said}", file.display()),
    }
}
