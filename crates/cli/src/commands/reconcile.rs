//! `telecine reconcile`.

use std::process::ExitCode;
use std::sync::Arc;

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
    platform::create_data_dir(&settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = platform::open_database(&settings).await?;
    let storage = Storage::for_command(&settings, clock.clone()).await?;
    // Drawn on standard error, and only for a person.
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} objects compared, {per_sec}") {
        bar.set_style(style);
    }
    let reconciler = Reconciler { db: &db, store: &storage.store, clock: &*clock, fix: args.fix };
    let compared = reconciler.run(|objects| bar.set_position(objects)).await;
    bar.finish_and_clear();
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
