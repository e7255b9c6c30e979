//! `telecine doctor`: is everything there, and if not, what to do.

mod checks;

use std::process::ExitCode;

use serde::Serialize;

use crate::args::DoctorArgs;
use crate::settings::Settings;

/// What one check found.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    what: &'static str,
    ok: bool,
    /// What was seen, or what to do.
    detail: String,
}

impl Finding {
    fn of(what: &'static str, checked: anyhow::Result<String>) -> Self {
        match checked {
            Ok(detail) => Self { what, ok: true, detail },
            Err(error) => Self { what, ok: false, detail: format!("{error:#}") },
        }
    }
}

/// Looks at folder, database, tools and storage; succeeds when all is well.
pub(crate) async fn run(settings: Settings, args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let findings = [
        Finding::of("data folder", checks::data_dir(&settings)),
        Finding::of("database", checks::database(&settings).await),
        Finding::of("ffmpeg", checks::ffmpeg(&settings).await),
        Finding::of("ffprobe", checks::ffprobe(&settings).await),
        Finding::of("object storage", checks::storage(&settings).await),
        Finding::of("API address", checks::address(&settings).await),
    ];
    if args.json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok  " } else { "FAIL" };
            println!("{mark}  {:<15} {}", finding.what, finding.detail);
        }
    }
    let all_well = findings.iter().all(|finding| finding.ok);
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
