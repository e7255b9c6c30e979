//! `telecine image`, and what its children do.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use futures::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use telecine_image::{
    Existing, ImageError, Kept, Output, Pool, PoolConfig, Report, Wish, child, give_back_start,
};
use tokio_util::sync::CancellationToken;

use crate::args::ImageArgs;
use crate::table::{Table, plain_line};

/// What a child is started with, alone. It is no command for people.
pub(crate) const CHILD: &str = "image-child";

/// One file and what became of it.
#[derive(Serialize)]
struct Finished {
    input: PathBuf,
    #[serde(flatten)]
    ended: Ended,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Ended {
    Made(Report),
    Error(Failure),
}

/// As the API says it: a code, a sentence with what to do, and what was found.
#[derive(Serialize)]
struct Failure {
    code: &'static str,
    message: &'static str,
    detail: String,
}

/// Whether this process was started as a child.
pub(crate) fn is_child() -> bool {
    std::env::args_os().skip(1).eq([CHILD])
}

/// Serves images to the process that has started this one. It needs no settings, and could read none.
pub(crate) fn serve_as_child() -> anyhow::Result<ExitCode> {
    child::serve().context("this is a part of `telecine image`, which starts it")?;
    Ok(ExitCode::SUCCESS)
}

/// Makes variants of files, several at the same time. Succeeds when every one was taken.
pub(crate) async fn run(args: ImageArgs) -> anyhow::Result<ExitCode> {
    let wish = args.wish();
    wish.check()?;
    let stems = stems(&args.files)?;
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot make {}", args.output.display()))?;
    let children = args.jobs.map_or_else(cores, usize::from).min(args.files.len());
    let program = std::env::current_exe().context("cannot find the program that is running")?;
    // Children do the work from here on.
    give_back_start();
    let pool = Pool::new(PoolConfig { children, ..PoolConfig::new(program, [CHILD]) })?;
    let bar = progress_bar(args.files.len());
    let made = stream::iter(args.files.iter().zip(stems)).map(async |(input, stem)| {
        let existing = if args.force { Existing::Replace } else { Existing::Keep };
        let output = Output { folder: args.output.clone(), stem: Some(stem), existing };
        let made = pool.make(&wish, input, &output, &CancellationToken::new()).await;
        bar.inc(1);
        Finished {
            input: input.clone(),
            ended: made.map_or_else(|error| Ended::Error(failure(&error)), Ended::Made),
        }
    });
    let finished: Vec<Finished> = made.buffered(children).collect().await;
    bar.finish_and_clear();
    pool.close().await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&finished)?);
    } else {
        print(&finished, &wish);
    }
    let is_all_made = finished.iter().all(|finished| matches!(finished.ended, Ended::Made(_)));
    Ok(if is_all_made { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the results of each file are called by. Two files of one name would take each other's place.
fn stems(files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut taken = BTreeSet::new();
    for file in files {
        let stem = file.file_stem().map(OsStr::to_string_lossy).filter(|stem| !stem.is_empty());
        let stem =
            stem.with_context(|| format!("{} is not the name of a file", file.display()))?.into_owned();
        if !taken.insert(stem.clone()) {
            bail!(
                "two of the files are called {stem}, and so would be their results; make them one after the other"
            );
        }
    }
    Ok(files.iter().filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned())).collect())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Drawn on standard error, only for a person, and only for several files.
fn progress_bar(files: usize) -> ProgressBar {
    if files < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} images, {per_sec}") {
        bar.set_style(style);
    }
    bar.tick();
    bar
}

fn failure(error: &ImageError) -> Failure {
    let code = error.code();
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Failure { code: code.as_str(), message: code.sentence(), detail: format!("{error}{source}") }
}

fn print(finished: &[Finished], wish: &Wish) {
    let mut table = Table::new(["FILE", "VARIANT", "SIZE", "BYTES", "SAVED", ""]);
    for Finished { input, ended } in finished {
        let Ended::Made(report) = ended else { continue };
        for variant in &report.variants {
            table.push([
                shown(&variant.file),
                variant.name.clone(),
                format!("{}x{}", variant.width, variant.height),
                variant.bytes.to_string(),
                saved(report.source.bytes, variant.bytes),
                remark(variant.kept, input),
            ]);
        }
    }
    let made = finished.iter().filter(|finished| matches!(finished.ended, Ended::Made(_))).count();
    if made > 0 {
        print!("{}", table.text());
    }
    for Finished { input, ended } in finished {
        if let Ended::Error(Failure { code, message, detail }) = ended {
            eprintln!("telecine: {}: {}. {message} ({code})", shown(input), plain_line(detail));
        }
    }
    let variants = if wish.variants.len() == 1 { "" } else { ", each in every variant" };
    println!("{made} of {} images made{variants}", finished.len());
}

fn shown(file: &Path) -> String {
    plain_line(&file.display().to_string())
}

/// How much smaller a file is than the one that came in.
#[expect(clippy::cast_precision_loss, reason = "files are far below 2^52 bytes")]
fn saved(from: u64, to: u64) -> String {
    format!("{:.1} %", (1.0 - to as f64 / (from as f64).max(1.0)) * 100.0)
}

fn remark(kept: Kept, input: &Path) -> String {
    match kept {
        Kept::WebP | Kept::Jpeg => String::new(),
        Kept::Original => format!("{} without its metadata: another would not be smaller", shown(input)),
    }
}
