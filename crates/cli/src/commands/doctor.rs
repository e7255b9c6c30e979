//! `telecine doctor`: is everything there, and if not, what to do.

mod checks;
mod storage;

use std::process::ExitCode;

use serde::Serialize;

use crate::args::{DoctorArgs, DoctorPart};
use crate::settings::Settings;

/// What one check found.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    what: &'static str,
    ok: bool,
    /// What was seen, or what to do.
    detail: String,
    /// What to do, where that is not part of the detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn of(what: &'static str, checked: anyhow::Result<String>) -> Self {
        match checked {
            Ok(detail) => Self { what, ok: true, detail, fix: None },
            Err(error) => Self { what, ok: false, detail: format!("{error:#}"), fix: None },
        }
    }
}

/// Looks at everything, or at one part more closely; succeeds when all is well.
pub(crate) async fn run(settings: Settings, args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let findings = match args.part {
        None => of_everything(&settings).await,
        Some(DoctorPart::Storage) => storage::findings(&settings).await?,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        findings.iter().for_each(show);
    }
    let all_well = findings.iter().all(|finding| finding.ok);
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn of_everything(settings: &Settings) -> Vec<Finding> {
    vec![
        Finding::of("data folder", checks::data_dir(settings)),
        Finding::of("database", checks::database(settings).await),
        Finding::of("job queues", checks::queues(settings).await),
        Finding::of("ffmpeg", checks::ffmpeg(settings).await),
        Finding::of("ffprobe", checks::ffprobe(settings).await),
        Finding::of("sandbox", Ok(telecine_video::doctor::sandbox())),
        Finding::of("object storage", checks::storage(settings).await),
        Finding::of("API address", checks::address(settings).await),
    ]
}

fn show(finding: &Finding) {
    let mark = if finding.ok { "ok  " } else { "FAIL" };
    println!("{mark}  {:<15} {}", finding.what, finding.detail);
    if let Some(fix) = &finding.fix {
        println!("      {:<15} {fix}", "what to do:");
    }
}
