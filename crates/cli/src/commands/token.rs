//! `telecine token`.

use std::process::ExitCode;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use telecine_app::access::{create_token, list_tokens, revoke_token};
use telecine_model::{Scope, SystemClock};

use crate::args::{TokenAction, TokenArgs};
use crate::platform;
use crate::settings::Settings;

/// Makes, lists or revokes tokens; a running server sees the change at once.
pub(crate) async fn run(settings: Settings, args: TokenArgs) -> anyhow::Result<ExitCode> {
    platform::create_data_dir(&settings)?;
    let db = platform::open_database(&settings).await?;
    let done = match args.action {
        TokenAction::Create { name, read_only } => {
            let scope = if read_only { Scope::Read } else { Scope::Full };
            println!("{}", create_token(&db, &SystemClock, &name, scope).await?.expose_secret());
            true
        }
        TokenAction::List => {
            for token in list_tokens(&db).await? {
                let created = Timestamp::from_millisecond(token.created_at).unwrap_or_default();
                println!("{}  {created:.0}  {:4}  {}", token.shown_id(), token.scope, token.name);
            }
            true
        }
        TokenAction::Revoke { hash } => match revoke_token(&db, &hash).await? {
            Some(token) => {
                println!("revoked {}", token.name);
                true
            }
            None => {
                eprintln!(
                    "telecine: no single token starts with {hash:?}; give 8 or more characters as `telecine token list` shows them"
                );
                false
            }
        },
    };
    db.close().await;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
