//! `telecine reconcile`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};
use telecine_app::reconcile::{FindingKind, Reconciler, Report};
use telecine_model::{Clock, SystemClock};

use crate::args::ReconcileArgs;
use crate::platform::{self, Storage};
use crate::settings::Settings;

/// Findings shown one by one; `--json` gives all.
const SHOWN: usize = 50;

/// Compares storage and ledger. Succeeds when nothing is left that disagrees.
pub(crate) async fn run(settings: Settings, args: ReconcileArgs) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = platform::open_existing_database(&settings).await?;
    let storage = Storage::for_command(&settings, clock.clone()).await?;
    let upload_age = Duration::from_secs(args.upload_age);
    let look = Reconciler { db: &db, store: &storage.store, clock: &*clock, upload_age, fix: false };
    let compared = compare(look, &args).await;
    storage.stop().await;
    db.close().await;
    let report = compared?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report, args.fix);
    }
    Ok(if report.left() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks, and fixes what was found if that is asked for and believable.
async fn compare(look: Reconciler<'_>, args: &ReconcileArgs) -> anyhow::Result<Report> {
    let found = with_progress(look).await?;
    if !args.fix || found.left() == 0 {
        return Ok(found);
    }
    if found.is_mostly_orphaned() && !args.force {
        bail!(
            "most of the {} objects look orphaned, as they do with the database of another deployment: nothing was \
             changed; check DATABASE_URL, --data-dir and the bucket, look at the findings without --fix, and add --force \
             if they are right",
            found.objects
        );
    }
    with_progress(Reconciler { fix: true, ..look }).await
}

async fn with_progress(reconciler: Reconciler<'_>) -> anyhow::Result<Report> {
    // Drawn on standard error, and only for a person.
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} objects compared, {per_sec}") {
        bar.set_style(style);
    }
    let report = reconciler.run(|objects| bar.set_position(objects)).await;
    bar.finish_and_clear();
    Ok(report?)
}

fn print(report: &Report, is_fixing: bool) {
    for finding in report.findings.iter().take(SHOWN) {
        let mark = if finding.fixed { "fixed" } else { "     " };
        println!("{mark} {:<12} {} ({} bytes): {}", finding.kind, finding.key, finding.size, finding.detail);
    }
    if report.findings.len() > SHOWN {
        println!("… and {} more; --json shows all", report.findings.len() - SHOWN);
    }
    println!("{} objects of {} bytes compared with the ledger", report.objects, report.bytes);
    if report.foreign > 0 {
        println!("{} objects with other keys are not Telecine's and were left alone", report.foreign);
    }
    match (report.findings.len(), report.left()) {
        (0, _) => println!("nothing orphaned, nothing missing"),
        (found, 0) => println!("all {found} findings are fixed"),
        (found, left) => {
            println!("{found} findings, {left} left");
            let is_fixable = |kind| !matches!(kind, FindingKind::Missing | FindingKind::Mismatched);
            if !is_fixing && report.findings.iter().any(|finding| is_fixable(finding.kind)) {
                println!(
                    "`telecine reconcile --fix` deletes orphans and stale uploads and corrects the ledger"
                );
            }
        }
    }
}
