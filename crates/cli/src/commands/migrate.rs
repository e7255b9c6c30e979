//! `telecine migrate`.

use std::process::ExitCode;

use telecine_db::Db;

use crate::platform;
use crate::settings::Settings;

/// Brings the schema up to date and says which migrations ran.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    platform::create_data_dir(&settings)?;
    let db = Db::connect(&settings.database.effective_url(&platform::absolute(&settings.data_dir)?)).await?;
    let applied = db.migrate().await?;
    match applied.is_empty() {
        true => println!("the schema is up to date"),
        false => println!("applied {}", applied.join(", ")),
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}
