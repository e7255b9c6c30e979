//! `telecine sign-in`.

use std::net::SocketAddr;
use std::process::ExitCode;

use telecine_app::access::{Signer, sign_in_address};
use telecine_model::SystemClock;

use crate::platform;
use crate::settings::Settings;

/// Prints a link that signs a browser in.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    platform::create_data_dir(&settings)?;
    let db = platform::open_database(&settings).await?;
    let signer = Signer::load(&db).await?;
    let listening = SocketAddr::new(settings.server.bind, settings.server.port);
    println!(
        "{}",
        sign_in_address(&signer, &SystemClock, &settings.server.effective_public_url(listening), "/")
    );
    db.close().await;
    Ok(ExitCode::SUCCESS)
}
