//! `telecine verify`.

use std::process::ExitCode;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use telecine_app::verify::{Verification, verify};
use telecine_model::{Clock, SystemClock};

use crate::args::VerifyArgs;
use crate::platform::{self, Storage};
use crate::settings::Settings;

/// Reads everything of a published video again. Succeeds when nothing is wrong.
pub(crate) async fn run(settings: Settings, args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = platform::open_existing_database(&settings).await?;
    let storage = Storage::for_command(&settings, clock).await?;
    let scratch = tempfile::tempdir()?;
    // Drawn on standard error, and only for a person.
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} objects, {per_sec}") {
        bar.set_style(style);
    }
    let progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let verified = verify(&db, &storage.store, args.video, scratch.path(), progress).await;
    bar.finish_and_clear();
    storage.stop().await;
    db.close().await;
    let found = verified?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print(&found);
    }
    Ok(if found.flaws.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(found: &Verification) {
    for flaw in &found.flaws {
        println!("{}: {}", flaw.object, flaw.detail);
    }
    println!("{} objects of {} bytes read, generation {}", found.objects, found.bytes, found.generation);
    match found.flaws.len() {
        0 => println!("every byte is as it was made"),
        1 => println!("1 of them is not as it was made; upload the video again"),
        flaws => println!("{flaws} of them are not as they were made; upload the video again"),
    }
}
